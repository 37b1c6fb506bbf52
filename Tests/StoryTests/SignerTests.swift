import Foundation
import GatewayTesting
import StrictJSON
import Testing

/// The signers that partners copy (Sources/Documentation/signers), run as partners run them. A language that is not on the machine is passed over; CI's has
/// all but Go.
@Suite("The signers of Sources/Documentation/signers", .ownThread)
struct SignerTests {
    enum Signer: String, CaseIterable, CustomTestStringConvertible {
        case shell, python, node, go, swift, gatehouse

        var testDescription: String { rawValue }

        /// What to run; nil when the machine has not got it.
        func command() throws -> [String]? {
            let folder = "\(Tool.root)/Sources/Documentation/signers"
            switch self {
            case .shell: return Tool.find("bash").map { [$0, "\(folder)/sign.sh"] }
            case .python: return Tool.find("python3").map { [$0, "\(folder)/sign.py"] }
            case .node: return Tool.find("node").map { [$0, "\(folder)/sign.mjs"] }
            case .go: return Tool.find("go").map { [$0, "run", "\(folder)/sign.go"] }
            case .swift: return try Self.swiftSigner.get()
            case .gatehouse: return nil
            }
        }

        /// Built once: it brings swift-crypto, as a partner's program would.
        private static let swiftSigner = Swift.Result<[String]?, any Error> {
            guard let swift = Tool.find("swift") else { return nil }
            let scratch = "\(Tool.root)/.build/swift-signer"
            let arguments = ["build", "--package-path", "\(Tool.root)/Sources/Documentation/signers/swift", "--scratch-path", scratch]
            let result = try Tool.run(swift, arguments)
            guard result.status == 0 else {
                throw Program.Failure(description: "the Swift signer does not build: \(result.output)\(result.error)")
            }
            return ["\(scratch)/debug/sign"]
        }
    }

    struct Vectors {
        let keyID: String
        let secret: String
        let token: String
        let rows: [JSONElement]

        init() throws {
            let root = try JSONDocument(
                Array(try Data(contentsOf: URL(fileURLWithPath: "\(Tool.root)/Sources/Documentation/signers/vectors.json")))
            ).root
            keyID = try #require(root["key_id"]?.string)
            secret = try #require(root["client_secret"]?.string)
            token = try #require(root["access_token"]?.string)
            rows = root["vectors"]?.elements ?? []
        }
    }

    private static func sign(
        _ command: [String], _ method: String, _ url: String, body: String?, _ environment: [String: String]
    ) throws -> [String] {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-body-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        var arguments = Array(command.dropFirst()) + [method, url]
        if let body {
            try Data(body.utf8).write(to: file)
            arguments.append(file.path)
        }
        let result = try Tool.run(command[0], arguments, environment: environment)
        #expect(result.status == 0, "\(result.error)")
        return result.output.split(separator: "\n").map(String.init)
    }

    /// The headers are the signer's, but for those that a client makes itself.
    private static func send(
        _ gateway: Gateway, _ method: String, _ target: String, _ lines: [String], _ body: String? = nil
    ) throws -> Connection.Response {
        let connection = try gateway.connect()
        let own = ["\(method) \(target) HTTP/1.1", "Host: \(gateway.address)"] + (body.map { ["Content-Length: \($0.utf8.count)"] } ?? [])
        try connection.send((own + lines).joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""))
        return try connection.response()
    }

    @Test("every signer signs the vectors, to the byte", arguments: Signer.allCases.filter { $0 != .gatehouse })
    func vectors(_ signer: Signer) throws {
        guard let command = try signer.command() else { return }
        let vectors = try Vectors()
        #expect(vectors.rows.count == 5)
        for row in vectors.rows {
            var environment = [
                "GATEHOUSE_KEY_ID": vectors.keyID, "GATEHOUSE_SECRET": vectors.secret, "GATEHOUSE_TOKEN": vectors.token,
                "CREATED": "\(row["created"]?.integer ?? 0)", "NONCE": row["nonce"]?.string ?? "",
            ]
            environment["CONTENT_TYPE"] = row["content_type"]?.string
            environment["IDEMPOTENCY_KEY"] = row["idempotency_key"]?.string
            let lines = try Self.sign(
                command, row["method"]?.string ?? "", row["url"]?.string ?? "", body: row["body"]?.string, environment)
            #expect(lines == row["headers"]?.members.map { "\($0.name): \($0.value.string ?? "")" }, "\(row["name"]?.string ?? "")")
        }
    }

    @Test("what a signer signs the running gateway accepts, once", arguments: Signer.allCases)
    func accepted(_ signer: Signer) throws {
        let command = try signer.command()
        if command == nil, signer != .gatehouse { return }
        let place = try Place()
        let made = try place.run("partner", "add", "acme", "--name", "Acme", "--role", "partner-writer", "--json")
        let partner = try JSONDocument(Array(made.output.utf8)).root
        let secret = try #require(partner["client_secret"]?.string)
        try place.serving { gateway in
            let environment = [
                "GATEHOUSE_KEY_ID": "acme:\(partner["secret_id"]?.string ?? "")", "GATEHOUSE_SECRET": secret,
                "GATEHOUSE_TOKEN": try gateway.token(.init(id: "acme", secret: secret)),
            ]
            let url = "http://\(gateway.address)\(Gateway.customers)"
            let body = Gateway.customer("Signed by \(signer.rawValue)")
            let post: [String]
            let get: [String]
            if let command {
                post = try Self.sign(command, "POST", url, body: body, environment)
                get = try Self.sign(command, "GET", "\(url)?limit=1&name=Signed%20by", body: nil, environment)
            } else {
                try place.write("body.json", body)
                post = try place.run(["request", "sign", "POST", url, "--body", "body.json"], environment: environment).output
                    .split(separator: "\n").map(String.init)
                // The partner's own part is in the key files here.
                let issuer = ["--issuer", "http://\(gateway.address)"]
                get = try place.run(["request", "sign", "GET", "\(url)?limit=1&name=Signed%20by", "--partner", "acme"] + issuer).output
                    .split(separator: "\n").map(String.init)
            }
            let created = try Self.send(gateway, "POST", Gateway.customers, post, body)
            #expect(created.status == 201, "\(created)")
            let again = try Self.send(gateway, "POST", Gateway.customers, post, body)
            #expect(again.status == 401)
            #expect(again.json?["component"]?.string == "nonce")
            let listed = try Self.send(gateway, "GET", "\(Gateway.customers)?limit=1&name=Signed%20by", get)
            #expect(listed.status == 200, "\(listed)")
            #expect(listed.json?["data"]?.elements.count == 1)
        }
    }
}
