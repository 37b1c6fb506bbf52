import Foundation
import GatewayTesting
import StrictJSON
import Testing

@Suite("Serving over TLS", .ownThread)
struct TLSTests {
    /// A folder with `tls/`: `ca.pem`, and `server` and `next` for localhost, each `.pem` and `.key`.
    static func place() throws -> Place {
        let place = try Place()
        try tool(
            place, "/bin/sh", "-ec",
            """
            mkdir tls; cd tls
            key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
            openssl req -x509 $key -keyout ca.key -out ca.pem -subj /CN=authority -days 2
            printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\\n' > names
            for name in server next; do
              openssl req $key -keyout $name.key -out $name.csr -subj /CN=$name
              openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out $name.pem
            done
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -days -1 -extfile names -out expired.pem
            chmod 600 *.key
            """
        )
        return place
    }

    /// The output of a program of the system.
    @discardableResult
    static func tool(_ place: Place, _ program: String, _ arguments: String...) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: place.path)
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return output
    }

    static func curl(_ gateway: Gateway, _ path: String, _ arguments: [String] = []) throws -> String {
        let port = gateway.address.split(separator: ":").last ?? ""
        let all =
            ["--silent", "--cacert", "tls/ca.pem", "--write-out", " %{http_version} %{http_code}"] + arguments + [
                "https://127.0.0.1:\(port)\(path)"
            ]
        return try tool(gateway.place, "/bin/sh", "-c", "exec /usr/bin/curl \(all.map { "'\($0)'" }.joined(separator: " "))")
    }

    static let flags = ["--tls-certificate", "tls/server.pem", "--tls-key", "tls/server.key"]

    /// The common name of the certificate that is shown.
    static func shown(_ gateway: Gateway) throws -> String {
        try tool(
            gateway.place, "/bin/sh", "-c", "echo | openssl s_client -connect \(gateway.address) 2>/dev/null | openssl x509 -noout -subject"
        )
    }

    @Test("a partner gets a token and is served over TLS, by HTTP/2 and HTTP/1.1, and the issuer says https")
    func story() throws {
        let place = try Self.place()
        let partner = try place.addPartner("acme")
        try place.serving("--tls-certificate", "tls/server.pem", "--tls-key", "tls/server.key") { gateway in
            let metadata = try Self.curl(gateway, "/.well-known/oauth-authorization-server")
            #expect(metadata.contains(#""issuer":"https://\#(gateway.address)""#), "\(metadata)")
            let answer = try Self.curl(gateway, "/oauth2/token", ["-u", "acme:\(partner.secret)", "-d", "grant_type=client_credentials"])
            let token = try #require(answer.firstMatch(of: /"access_token":"([^"]*)"/)?.1)
            for (version, flag) in [("2", "--http2"), ("1.1", "--http1.1")] {
                let session = try Self.curl(gateway, "/session", [flag, "-H", "Authorization: Bearer \(token)"])
                #expect(session.hasSuffix(" \(version) 200"), "\(session)")
            }
            // The admin address stays as it was.
            #expect(try Connection(gateway.admin).get("/readyz").status == 200)
            try gateway.stop()
        }
    }

    @Test("a certificate that is replaced is shown to who connects next; one that is bad changes nothing and is named")
    func reload() throws {
        let place = try Self.place()
        try place.serving("--tls-certificate", "tls/server.pem", "--tls-key", "tls/server.key") { gateway in
            #expect(try Self.shown(gateway).contains("server"))
            try Self.tool(place, "/bin/sh", "-c", "cp tls/next.pem tls/server.pem")
            let stale = try gateway.record("stale")
            #expect(stale["level"]?.string == "error")
            #expect(gateway.program.errors.lines.contains { $0.contains("tls/server.key") && $0.contains("is not the key") })
            #expect(try Self.shown(gateway).contains("server"))
            try Self.tool(place, "/bin/sh", "-c", "cp tls/next.key tls/server.key")
            _ = try gateway.record("reloaded")
            #expect(try Self.shown(gateway).contains("next"))
            #expect(try Self.curl(gateway, "/session").hasSuffix("401"))
        }
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Run in the place beforehand.
        var script = ":"
        var certificate = "tls/server.pem"
        var key = "tls/server.key"
        var more: [String] = []
        let says: [String]
    }

    @Test(
        "what cannot be used is named, and nothing starts",
        arguments: [
            Wrong(testDescription: "no certificate", certificate: "tls/none.pem", says: ["tls/none.pem", "no such file"]),
            Wrong(testDescription: "no key", key: "tls/none.key", says: ["tls/none.key", "no such file"]),
            Wrong(
                testDescription: "a key for others to read", script: "chmod 644 tls/server.key",
                says: ["tls/server.key", "chmod 600 tls/server.key"]),
            Wrong(
                testDescription: "another's key", key: "tls/next.key",
                says: ["tls/next.key", "is not the key of the certificate in tls/server.pem"]),
            Wrong(
                testDescription: "a file that is no certificate", script: "echo hello > tls/server.pem",
                says: ["tls/server.pem", "no certificate"]),
            Wrong(testDescription: "a directory", certificate: "tls", says: ["tls", "is not a file"]),
            Wrong(
                testDescription: "a client CA that is missing", more: ["--tls-client-ca", "tls/none.pem"],
                says: ["tls/none.pem", "no such file"]),
        ]
    )
    func wrong(wrong: Wrong) throws {
        let place = try Self.place()
        try Self.tool(place, "/bin/sh", "-c", wrong.script)
        let result = try place.run(
            ["serve", "--listen", "127.0.0.1:0", "--admin", "off", "--tls-certificate", wrong.certificate, "--tls-key", wrong.key]
                + wrong.more
        )
        #expect(result.status == 78)
        for text in wrong.says { #expect(result.error.contains(text), "\(result.error)") }
    }

    /// The cookie of a session of staff, under this name.
    static func cookie(_ place: Place, _ name: String) throws -> String {
        let minted = try place.run(
            "session", "mint", "--profile", "authjs-v5", "--subject", "staff@example.com", "--role", "provisioning-admin", "--cookie", name
        )
        try #require(minted.status == 0, "\(minted.error)")
        return "\(name)=\(minted.output.split(separator: "\n").last ?? "")"
    }

    @Test("over TLS the session cookies are those with `__Secure-`, and the gateway's own origin is https")
    func sessions() throws {
        let place = try Self.place()
        let (secure, plain) = (try Self.cookie(place, "__Secure-authjs.session-token"), try Self.cookie(place, "authjs.session-token"))
        try place.serving("--tls-certificate", "tls/server.pem", "--tls-key", "tls/server.key") { gateway in
            #expect(try Self.curl(gateway, "/session", ["-H", "Cookie: \(secure)"]).hasSuffix("200"))
            #expect(try Self.curl(gateway, "/session", ["-H", "Cookie: \(plain)"]).hasSuffix("401"))
            for (origin, status) in [
                ("https://\(gateway.address)", "201"), ("http://\(gateway.address)", "403"), ("https://evil.test", "403"),
            ] {
                let answer = try Self.curl(
                    gateway, "/api/provisioning/customers?tenant=acme",
                    [
                        "-H", "Cookie: \(secure)", "-H", "Origin: \(origin)", "-H", "Content-Type: application/json", "-d",
                        Gateway.customer("Ada Ltd"),
                    ])
                #expect(answer.hasSuffix(status), "\(origin): \(answer)")
            }
        }
    }

    @Test("behind a trusted proxy that says https they are, too; one that is not trusted changes nothing", arguments: [true, false])
    func sessionsBehindProxy(isTrusted: Bool) throws {
        let place = try Place()
        let (secure, plain) = (try Self.cookie(place, "__Secure-authjs.session-token"), try Self.cookie(place, "authjs.session-token"))
        try place.serving("--trusted-proxy", isTrusted ? "127.0.0.1" : "192.0.2.1") { gateway in
            let rows = [
                (["X-Forwarded-Proto: https", "Cookie: \(secure)"], isTrusted ? 200 : 401),
                (["X-Forwarded-Proto: https", "Cookie: \(plain)"], isTrusted ? 401 : 200),
                (["Cookie: \(plain)"], 200),
            ]
            for (lines, status) in rows {
                let response = try gateway.connect().get("/session", lines.joined(separator: "\r\n"))
                #expect(response.status == status, "\(lines)")
            }
        }
    }

    @Test("an expired certificate is served, with a warning")
    func expired() throws {
        let place = try Self.place()
        try place.serving("--tls-certificate", "tls/expired.pem", "--tls-key", "tls/server.key") { gateway in
            #expect(gateway.program.errors.lines.contains { $0.contains("tls/expired.pem: warning: has expired") })
        }
    }

    @Test("an upstream's authorities that cannot be read are named")
    func upstreamCA() throws {
        let place = try Self.place()
        try place.write("policies/gateway.yaml", "upstreams: { billing: { servers: [https://localhost:9], tls: { ca: tls/none.pem } } }\n")
        let result = try place.serveFails()
        #expect(result.status == 78)
        #expect(result.error.contains("tls/none.pem"))
    }

    @Test("decision mode listens on its own address and says which")
    func decide() throws {
        let place = try Place()
        let partner = try place.addPartner("acme")
        try place.serving("--decide", "127.0.0.1:0") { gateway in
            let address = try #require(gateway.ready["decide"]?.string)
            let token = try gateway.token(partner)
            let lines = ["X-Forwarded-Method: GET", "X-Forwarded-Uri: /api/provisioning/customers"]
            #expect(try Connection(address).get("/", lines.joined(separator: "\r\n")).status == 401)
            let allowed = try Connection(address).get("/", (lines + ["Authorization: Bearer \(token)"]).joined(separator: "\r\n"))
            #expect(allowed.status == 200)
        }
    }
}
