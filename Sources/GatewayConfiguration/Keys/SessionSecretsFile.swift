import Access
import OpenSSLCrypto

/// `keys/session-secrets`: one NextAuth/Auth.js secret a line, newest first. Empty lines do not count; there are no comments.
enum SessionSecretsFile {
    /// Below this many characters a secret draws a warning: `openssl rand -base64 32`, which NextAuth's documentation tells people to run, gives 44.
    private static let comfortableLength = 32

    /// - Returns: nil when there was a mistake. No secret at all is fine: then no session is accepted.
    static func parse(_ bytes: [UInt8], path: String, diagnostics: inout [Diagnostic]) -> [SecretBytes]? {
        var secrets: [SecretBytes] = []
        var seen: Set<[UInt8]> = []
        var isGood = true
        func report(_ severity: Diagnostic.Severity, _ line: Int, _ message: String) {
            diagnostics.append(Diagnostic(file: path, line: line, column: 1, severity: severity, message: message))
            if severity == .error { isGood = false }
        }
        for (index, slice) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let line = Array(slice)
            guard let first = line.first, let last = line.last else { continue }
            // An invisible character at either end is part of the key and never meant: every session would be refused, with nothing to see.
            guard first > 0x20, last > 0x20 else {
                report(
                    .error, index + 1,
                    "the secret begins or ends with white space; if the file has Windows line ends, `sed -i 's/\\r$//'` mends them")
                continue
            }
            guard String(validating: line, as: UTF8.self) != nil, !line.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
                report(.error, index + 1, "the secret has control characters or is not UTF-8")
                continue
            }
            guard seen.insert(line).inserted else {
                report(.error, index + 1, "the secret stands on an earlier line too")
                continue
            }
            if line.count < comfortableLength {
                report(
                    .warning, index + 1,
                    "the secret is shorter than \(comfortableLength) characters and may be guessed; make one with `openssl rand -base64 32`"
                )
            }
            secrets.append(SecretBytes(line))
        }
        return isGood ? secrets : nil
    }

    /// The secrets that a NextAuth/Auth.js application would take from this environment, newest first: Auth.js lets the highest number sign.
    static func secrets(in environment: [String: String]) -> [String] {
        var result: [String] = []
        for name in ["AUTH_SECRET_3", "AUTH_SECRET_2", "AUTH_SECRET_1", "AUTH_SECRET", "NEXTAUTH_SECRET"] {
            guard let secret = environment[name], !secret.isEmpty, !result.contains(secret) else { continue }
            result.append(secret)
        }
        return result
    }
}
