import GatewayTesting
import StrictJSON
import Testing

/// Other people's clients against the running gateway. They come from PyPI; without it these tests fail, they are not passed over.
@Suite("Clients of others", .ownThread)
struct InteroperabilityTests {
    @Test("http-message-signatures signs what the gateway accepts and verifies what our signers sign")
    func messageSignatures() throws {
        let python = try Interoperability.python.get()
        let place = try Place()
        let made = try place.run("partner", "add", "acme", "--name", "Acme", "--role", "partner-writer", "--json")
        let partner = try JSONDocument(Array(made.output.utf8)).root
        let secret = try #require(partner["client_secret"]?.string)
        try place.serving { gateway in
            let token = try gateway.token(.init(id: "acme", secret: secret))
            let result = try Tool.run(
                python,
                [
                    "Tests/Interop/message_signatures.py", "http://\(gateway.address)", "acme", partner["secret_id"]?.string ?? "", secret,
                    token,
                ]
            )
            #expect(result.status == 0, "\(result.error)")
            let expected = """
                get 200 -
                post 201 -
                no-alg 200 -
                other-label 200 -
                expires 200 -
                wrong-body 401 content-digest
                short-nonce 401 nonce
                too-old 401 created
                first 200 -
                again 401 nonce
                """
            #expect(result.output.hasPrefix(expected), "\(result.output)\(result.error)")
            #expect(result.output.split(separator: "\n").count { $0.hasPrefix("vector ") } == 5)
        }
    }

    @Test("Authlib and requests-oauthlib obtain, narrow, introspect and revoke tokens, with a secret and with assertions")
    func oauth() throws {
        let python = try Interoperability.python.get()
        let place = try Place()
        let partner = try place.addPartner("acme")
        try place.serving { gateway in
            let result = try Tool.run(python, ["Tests/Interop/oauth_clients.py", "http://\(gateway.address)", partner.id, partner.secret])
            #expect(result.status == 0, "\(result.output)\(result.error)")
            #expect(result.output.split(separator: "\n").count == 8)
        }
    }
}

/// The Python with other people's clients.
enum Interoperability {
    static let python = Swift.Result<String, any Error> {
        guard let bash = Tool.find("bash") else { throw Program.Failure(description: "there is no bash") }
        let result = try Tool.run(bash, [".ci/interop-venv.sh"])
        guard result.status == 0 else { throw Program.Failure(description: "no environment for the clients: \(result.error)") }
        return result.output.trimmingPrefix(while: \.isWhitespace).split(separator: "\n").last.map(String.init) ?? ""
    }
}
