import Foundation
import GatewayTesting
import StrictJSON
import Testing

/// Two gateways, one PostgreSQL database, and the nginx of the system in front, configured as Sources/Documentation/deploy/README.md shows.
@Suite("Two nodes behind one proxy", .ownThread)
struct TwoNodesTests {
    @Test("a node that is killed costs no answer: what one accepted the other knows, and nothing is there twice")
    func killed() throws {
        let store = try PostgresServer.shared.get().makeDatabase()
        let environment = [
            "GATEHOUSE_STORE": store, "GATEHOUSE_ISSUER": "https://gateway.example", "GATEHOUSE_TRUSTED_PROXIES": "127.0.0.1/32",
        ]
        let place = try Place()
        let acme = try place.addPartner("acme")
        try place.serving(environment: environment) { one in
            try place.serving("--decisions", "data/second.jsonl", environment: environment) { two in
                let (nginx, address) = try Self.proxy(before: one.address, two.address, in: place)
                defer { nginx.end() }
                let asked = try Connection(address).post(
                    "/oauth2/token", "grant_type=client_credentials", type: "application/x-www-form-urlencoded",
                    "Authorization: Basic \(acme.basicCredentials)"
                )
                let bearer = "Authorization: Bearer \(try #require(asked.json?["access_token"]?.string, "\(asked)"))"
                func create(_ number: Int) throws -> Connection.Response {
                    try Connection(address).post(
                        Gateway.customers, Gateway.customer("Customer \(number)"), bearer, "Idempotency-Key: key-\(number)")
                }

                var first: [Connection.Response] = try (0..<10).map(create)
                // Both have had a part of it.
                #expect(eventually { Self.creates("data/decisions.jsonl", place) + Self.creates("data/second.jsonl", place) == 10 })
                #expect(Self.creates("data/decisions.jsonl", place) > 0 && Self.creates("data/second.jsonl", place) > 0)
                two.program.signal(SIGKILL)
                first += try (10..<20).map(create)
                #expect(first.map(\.status) == Array(repeating: 201, count: 20))
                let again = try (0..<20).map(create)
                #expect(again.map(\.body) == first.map(\.body))
                #expect(again.allSatisfy { $0.headers["idempotent-replayed"] == "true" })
                let list = try Connection(address).get(Gateway.customers + "?limit=100", bearer)
                #expect(list.json?["data"]?.elements.count == 20)
            }
        }
    }

    /// Answered creates in a decision log.
    private static func creates(_ log: String, _ place: Place) -> Int {
        ((try? place.read(log)) ?? "").split(separator: "\n").count {
            $0.contains(#""route":"customers.create""#) && $0.contains(#""status":201"#)
        }
    }

    /// nginx has no port 0, so some are tried; below those that the system gives out.
    private static func proxy(before one: String, _ two: String, in place: Place) throws -> (Program, String) {
        let candidates = ["/usr/sbin/nginx", "/usr/bin/nginx"].filter { FileManager.default.isExecutableFile(atPath: $0) }
        let program = try #require(candidates.first, "nginx is not installed: `make setup` installs nginx-light")
        let page = try String(contentsOfFile: "\(Tool.root)/Sources/Documentation/deploy/README.md", encoding: .utf8)
        let block = try #require(page.components(separatedBy: "```nginx\n").dropFirst().first?.components(separatedBy: "\n```").first)
        for _ in 0..<5 {
            let address = "127.0.0.1:\(Int.random(in: 20_000..<30_000))"
            let server = block.replacing("10.0.0.11:8080", with: one).replacing("10.0.0.12:8080", with: two)
                .replacing("listen 443 ssl;", with: "listen \(address);")
            #expect(server.contains(one) && server.contains(two) && server.contains(address))
            let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(place.path)/\($0);" }
            let lines =
                [
                    "daemon off;", "master_process off;", "pid \(place.path)/nginx.pid;", "error_log stderr;", "events {}", "http {",
                    "access_log off;",
                ] + folders + [
                    server, "}", "",
                ]
            try place.write("nginx.conf", lines.joined(separator: "\n"))
            let nginx = try Program(
                ["-p", place.path, "-c", "\(place.path)/nginx.conf", "-e", "stderr"], executable: program, in: place.path, environment: [:])
            if eventually(within: 5, { (try? Connection(address).get("/.well-known/oauth-authorization-server"))?.status == 200 }) {
                return (nginx, address)
            }
            nginx.end()
        }
        throw Program.Failure(description: "nginx does not start")
    }
}
