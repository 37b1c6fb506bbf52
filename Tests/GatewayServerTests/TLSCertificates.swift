import Foundation
import GatewayServer
import NIOSSL

/// Certificates for tests, made with the openssl command in a folder of their own.
final class TLSCertificates: Sendable {
    let folder: URL

    struct Failure: Error { let what: String }

    /// What every test may use; made once.
    static let shared = Result { try TLSCertificates() }

    static func get() throws -> TLSCertificates { try shared.get() }

    /// Two authorities, `ca` and `stranger`; `server` and `next` for localhost, both of `ca`; and what nobody should believe: `expired`, `elsewhere`
    /// (another name) and `self` (signed by itself). `client` is a client's certificate by `ca`, `intruder` one by `stranger`.
    private init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for authority in ["ca", "stranger"] {
            try Self.openssl(
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path(authority, "key"), "-out",
                path(authority), "-subj", "/CN=\(authority)", "-days", "2"
            )
        }
        let here = "DNS:localhost,IP:127.0.0.1"
        try issue("server", names: here, by: "ca")
        try issue("next", names: here, by: "ca")
        try issue("expired", names: here, by: "ca", days: -1)
        try issue("elsewhere", names: "DNS:elsewhere.test,IP:192.0.2.1", by: "ca")
        try issue("self", names: here, by: "self")
        try issue("client", names: "DNS:client.test", by: "ca")
        try issue("intruder", names: "DNS:client.test", by: "stranger")
    }

    func path(_ name: String, _ kind: String = "pem") -> String { folder.appendingPathComponent("\(name).\(kind)").path }

    func file(_ name: String, _ kind: String = "pem") throws -> PEMFile {
        let path = path(name, kind)
        return PEMFile(name: path, bytes: Array(try Data(contentsOf: URL(fileURLWithPath: path))))
    }

    func server(_ name: String = "server", clientCA: String? = nil) throws -> ServerTLS {
        try ServerTLS(certificate: file(name), key: file(name, "key"), clientCA: clientCA.map { try file($0) })
    }

    private func issue(_ name: String, names: String, by issuer: String, days: Int = 2) throws {
        let extensions = path(name, "ext")
        try Data("subjectAltName=\(names)\n".utf8).write(to: URL(fileURLWithPath: extensions))
        try Self.openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path(name, "key"), "-out",
            path(name, "csr"),
            "-subj", "/CN=\(name)"
        )
        let signer =
            issuer == name ? ["-key", path(name, "key")] : ["-CA", path(issuer), "-CAkey", path(issuer, "key"), "-CAcreateserial"]
        try Self.openssl(
            ["x509", "-req", "-in", path(name, "csr"), "-days", "\(days)", "-extfile", extensions, "-out", path(name)] + signer)
    }

    private static func openssl(_ arguments: String...) throws { try openssl(arguments) }

    private static func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(what: "openssl \(arguments)") }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
}
