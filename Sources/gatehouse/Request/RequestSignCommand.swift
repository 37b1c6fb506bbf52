import ArgumentParser
import Foundation
import GatewayConfiguration
import OpenSSLCrypto
import StrictJSON
import Tokens

struct RequestSignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign a request (RFC 9421) and print its headers.",
        discussion: """
            The headers go to curl as they are:
              gatehouse request sign POST URL --body customer.json | curl -H @- --data-binary @customer.json URL
            Key id, client secret and access token come from GATEHOUSE_KEY_ID, GATEHOUSE_SECRET and GATEHOUSE_TOKEN, or with --partner \
            from the key files of a gateway here.
            """
    )

    @Argument(help: "GET, POST, …")
    var method: String

    @Argument(help: "As the request will have it, with the query.")
    var url: String

    @Option(name: .long, help: ArgumentHelp("The file with the body, or `-` for standard input.", valueName: "file"))
    var body: String?

    @Option(name: .long, help: "The Content-Type of the body.")
    var contentType = "application/json"

    @Option(name: .long, help: ArgumentHelp("The Idempotency-Key to send and sign.", valueName: "key"))
    var idempotencyKey: String?

    @Option(name: .long, help: ArgumentHelp("`<client_id>:<secret_id>` (default: GATEHOUSE_KEY_ID).", valueName: "id"))
    var keyID: String?

    @Option(name: .long, help: ArgumentHelp("The file with the client secret (default: the text of GATEHOUSE_SECRET).", valueName: "file"))
    var secretFile: String?

    @Option(name: .long, help: ArgumentHelp("The file with the access token (default: the text of GATEHOUSE_TOKEN).", valueName: "file"))
    var tokenFile: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Sign as this partner, with its newest secret and a new token, both from the key files here.", valueName: "id"))
    var partner: String?

    @Option(name: .long, help: "Unix seconds (default: now).")
    var created: Int64?

    @Option(name: .long, help: "16 to 64 characters (default: random).")
    var nonce: String?

    @OptionGroup var options: TokenOptions

    func validate() throws {
        if partner != nil, keyID != nil || secretFile != nil || tokenFile != nil {
            throw ValidationError("--partner takes key id, secret and token from the key files; leave the others out")
        }
        if let nonce, !SignatureJudgement.nonceLength.contains(nonce.utf8.count) || !nonce.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) {
            throw ValidationError("--nonce must have 16 to 64 printable ASCII characters")
        }
        guard !method.isEmpty, method.allSatisfy({ $0.isASCII && $0.isLetter }) else {
            throw ValidationError("a method is a word such as POST")
        }
        if method != method.uppercased() { throw ValidationError("a method is spelled in capitals: \(method.uppercased())") }
    }

    func run() throws {
        let target = try SignedURL(url)
        let (signer, token) = try identity()
        let content = try body.map { name in try Self.read(name, "the body") }
        var headers = [("Authorization", "Bearer \(token)")]
        if let content { headers += [("Content-Digest", ContentDigest.sha256(of: content)), ("Content-Type", contentType)] }
        if let idempotencyKey { headers.append(("Idempotency-Key", idempotencyKey)) }
        var message = SignableMessage(
            method: Array(method.utf8), host: Array(target.authority.utf8), path: Array(target.path.utf8), query: Array(target.query.utf8),
            hasBody: content != nil
        )
        for (name, value) in headers {
            guard value.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) else { throw Console.fail("\(name) must be one line of ASCII") }
            message.add(name.lowercased(), Array(value.utf8))
        }
        let signed = signer.sign(
            message, created: created ?? UnixTime.now(), nonce: nonce ?? Base64URL.encode(RandomBytes.generate(16))
        )
        headers += [("Signature-Input", signed.input), ("Signature", signed.signature)]
        if options.output.json {
            Console.print(
                .object([
                    ("headers", .object(headers.map { ($0.0, .string($0.1)) })),
                    ("signature_base", .string(String(decoding: signed.base, as: UTF8.self))),
                ])
            )
        } else {
            Console.print(headers.map { "\($0.0): \($0.1)" }.joined(separator: "\n"))
        }
    }

    // MARK: Who signs

    private func identity() throws -> (MessageSigner, token: String) {
        if let partner { return try LocalPartner(partner, options).identity() }
        guard let keyID = keyID ?? FileOptions.environment["GATEHOUSE_KEY_ID"] else {
            throw Console.fail(
                "whose signature? Give --key-id or GATEHOUSE_KEY_ID, such as `acme:` and the secret_id that `partner add --json` printed")
        }
        guard SigningKeyID(keyID) != nil else { throw Console.fail("the key id must be `<client_id>:<secret_id>`") }
        let secret = try Self.text(secretFile, variable: "GATEHOUSE_SECRET", "the client secret")
        let token = try Self.text(tokenFile, variable: "GATEHOUSE_TOKEN", "the access token")
        return (MessageSigner(keyID: keyID, key: try MessageSigner.key(of: SecretBytes(Array(secret.utf8)))), token)
    }

    /// Secrets come by a file or the environment, never as an argument, which every process on the machine can read.
    private static func text(_ file: String?, variable: String, _ what: String) throws -> String {
        if let file { return String(decoding: try read(file, what), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
        guard let text = FileOptions.environment[variable], !text.isEmpty else {
            throw Console.fail("\(what) is missing: set \(variable) or name a file")
        }
        return text
    }

    private static func read(_ name: String, _ what: String) throws -> [UInt8] {
        if name == "-" { return Array(try FileHandle.standardInput.readToEnd() ?? Data()) }
        guard let data = FileManager.default.contents(atPath: name) else {
            throw Console.fail("\(what): \(ForeignText.quotable(name)) cannot be read")
        }
        return Array(data)
    }
}

/// The parts of a URL that are signed, as they are written: whoever sends it must not rewrite them either.
private struct SignedURL {
    let authority: String
    let path: String
    /// Without the `?`.
    let query: String

    init(_ url: String) throws {
        guard let scheme = url.range(of: "://"), ["http", "https"].contains(url[..<scheme.lowerBound].lowercased()), !url.contains("#")
        else {
            throw Console.fail("the URL must begin with http:// or https:// and have no fragment")
        }
        let rest = url[scheme.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        authority = String(rest[..<end])
        let parts = rest[end...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts[0].isEmpty ? "/" : String(parts[0])
        query = parts.count > 1 ? String(parts[1]) : ""
        guard !authority.isEmpty, !authority.contains("@"), url.utf8.allSatisfy({ 0x21..<0x7F ~= $0 }) else {
            throw Console.fail("the URL must have a host, no user and nothing but visible ASCII")
        }
    }
}
