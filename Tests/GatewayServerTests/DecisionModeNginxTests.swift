import Foundation
import GatewayServer
import GatewayTesting
import StrictJSON
import Testing

/// The real nginx of the system in front, configured as Sources/Documentation/decision-mode.md shows.
@Suite("Decision mode behind nginx", .timeLimit(.minutes(2)), .ownThread)
struct DecisionModeNginxTests {
    static let program = ["/usr/sbin/nginx", "/usr/bin/nginx"].first { FileManager.default.isExecutableFile(atPath: $0) }

    /// A running nginx, in a folder of its own.
    final class Nginx {
        let port: Int
        private let process = Process()
        private let folder: URL

        init(program: String, decide: Int, backend: Int, port: Int) throws {
            self.port = port
            folder = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-nginx-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let text = try DecisionModeNginxTests.example()
                .replacing("127.0.0.1:8081", with: "127.0.0.1:\(decide)").replacing("127.0.0.1:9001", with: "127.0.0.1:\(backend)")
                .replacing("listen 443 ssl;", with: "listen 127.0.0.1:\(port);")
            let file = folder.appendingPathComponent("nginx.conf")
            let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(folder.path)/\($0);" }.joined(
                separator: "\n")
            try Data(
                """
                daemon off;
                worker_processes 1;
                pid \(folder.path)/nginx.pid;
                error_log \(folder.path)/error.log;
                events { worker_connections 64; }
                http {
                access_log off;
                \(temporary)
                \(text)
                }

                """.utf8
            ).write(to: file)
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = ["-p", folder.path, "-c", file.path, "-e", folder.appendingPathComponent("error.log").path]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
        }

        var log: String { (try? String(contentsOf: folder.appendingPathComponent("error.log"), encoding: .utf8)) ?? "" }
        var isRunning: Bool { process.isRunning }

        /// By its own process id, never by name.
        func stop() {
            process.terminate()
            process.waitUntilExit()
            try? FileManager.default.removeItem(at: folder)
        }
    }

    /// The nginx configuration of the documentation: what is between the fences of the block that begins with `# nginx`.
    static func example() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("Sources/Documentation/decision-mode.md"), encoding: .utf8)
        let block = try #require(text.components(separatedBy: "```nginx\n").dropFirst().first?.components(separatedBy: "\n```").first)
        return block
    }

    static func run(_ body: @escaping @Sendable (TestGateway, Nginx, LoopbackServer) async throws -> Void) async throws -> [JSONElement] {
        let program = try #require(program, "nginx is not installed: `make setup` installs nginx-light")
        let backend = try await LoopbackServer(.echo)
        return try await DecisionModeTests.run { gateway in
            // A port that was free a moment ago; another process may take it, so a few are tried.
            for attempt in 0..<5 {
                let port = Int.random(in: 20_000..<30_000)
                let nginx = try Nginx(program: program, decide: gateway.decidePort, backend: backend.port, port: port)
                let deadline = ContinuousClock.now + .seconds(10)
                var isUp = false
                while nginx.isRunning, !isUp, ContinuousClock.now < deadline {
                    isUp = (try? RawClient(port: port)) != nil
                    if !isUp { try await Task.sleep(for: .milliseconds(20)) }
                }
                guard isUp, nginx.isRunning else {
                    let log = nginx.log
                    nginx.stop()
                    if attempt == 4 { Issue.record("nginx does not start: \(log)") }
                    continue
                }
                defer { nginx.stop() }
                return try await body(gateway, nginx, backend)
            }
        }
    }

    static func send(_ nginx: Nginx, _ line: String, _ lines: String = "", body: String? = nil) throws -> RawClient.Response {
        let client = try RawClient(port: nginx.port)
        let length = body.map { "Content-Length: \($0.utf8.count)\r\n" } ?? ""
        try client.send("\(line) HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\(length)\(lines)\r\n\(body ?? "")")
        return try client.response(isHead: line.hasPrefix("HEAD"))
    }

    @Test("an allowed request reaches the backend with who is calling, whatever the client says of itself")
    func allowed() async throws {
        let records = try await Self.run { gateway, nginx, backend in
            let response = try Self.send(
                nginx, "GET /billing/x?y=1", gateway.bearer("acme") + "X-Gatehouse-Subject: admin\r\nX-Gatehouse-Roles: admin\r\n")
            #expect(response.status == 200)
            let lines = response.body.split(separator: "\r\n").map { $0.lowercased() }
            #expect(lines.first == "get /billing/x?y=1 http/1.1" || lines.first == "get /billing/x?y=1 http/1.0")
            #expect(lines.contains("x-gatehouse-subject: acme"))
            #expect(lines.contains("x-gatehouse-caller: partner"))
            #expect(lines.contains("x-gatehouse-route: billing"))
            #expect(!lines.contains { $0.contains("admin") })
            #expect(!lines.contains { $0.hasPrefix("authorization:") })
        }
        #expect(records.first?["remote"]?.string == "127.0.0.1")
        #expect(records.first?["path"]?.string == "/billing/x")
    }

    @Test("a body passes, and is not seen by the gateway")
    func body() async throws {
        _ = try await Self.run { gateway, nginx, backend in
            let response = try Self.send(nginx, "POST /billing/x", gateway.bearer("acme") + "Content-Type: text/plain\r\n", body: "hello")
            #expect(response.status == 200)
            #expect(backend.text.hasSuffix("hello"))
        }
    }

    @Test(
        "what is not allowed never reaches the backend",
        arguments: [
            ("GET /billing/x", nil, "", 401), ("GET /billing/x", "globex", "", 403), ("GET /nothing", "acme", "", 404),
            ("PUT /billing/x", "acme", "", 405),
            ("GET /billing/../x", "acme", "", 400), ("GET /billing/%2e%2e/x", "acme", "", 400),
            // A client that describes another request than it makes
            ("GET /billing/x", nil, "X-Forwarded-Uri: /hello\r\nX-Forwarded-Method: GET\r\n", 401),
            ("GET /billing/x", nil, "X-Original-URI: /hello\r\nX-Original-Method: GET\r\nX-Original-URL: /hello\r\n", 401),
            ("DELETE /billing/x", "acme", "X-Forwarded-Method: GET\r\nX-Original-Method: GET\r\nX-HTTP-Method-Override: GET\r\n", 405),
            ("GET /billing/x", "elsewhere", "X-Forwarded-For: 10.1.2.3\r\n", 403),
        ] as [(String, String?, String, Int)])
    func refused(line: String, partner: String?, lines: String, status: Int) async throws {
        _ = try await Self.run { gateway, nginx, backend in
            let response = try Self.send(nginx, line, lines + (partner.map { gateway.bearer($0) } ?? ""))
            #expect(response.status == status)
            #expect(backend.text.isEmpty)
            if status == 401 { #expect(response["www-authenticate"]?.hasPrefix("Bearer") == true) }
        }
    }
}
