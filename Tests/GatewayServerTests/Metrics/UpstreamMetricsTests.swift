import GatewayTesting
import StrictJSON
import Testing

@Suite("Upstreams in the metrics and the status", .ownThread)
struct UpstreamMetricsTests {
    @Test("answers and failures are counted for each server, and one that is left out is told")
    func servers() async throws {
        let dead = try RawSocket.holdingPort()
        let deadPort = dead.port
        defer { dead.close() }
        try await ForwardingGateway.run(configure: { [.app($0), TestUpstream("billing", [deadPort])] }) { it in
            for _ in 0..<3 { #expect(try it.send(it.request("GET /app/x")).status == 200) }
            // As many failures in a row as put a server out.
            for _ in 0..<4 { #expect(try [502, 503].contains(it.send(it.request("GET /billing/x")).status)) }
            let metrics = try Self.admin(it.gateway, "/metrics").body
            let (app, billing) = (
                #"{upstream="app",server="127.0.0.1:\#(it.app.port)"}"#, #"{upstream="billing",server="127.0.0.1:\#(deadPort)"}"#
            )
            for line in [
                "gatehouse_upstream_answers_total\(app) 3", "gatehouse_upstream_failures_total\(app) 0",
                "gatehouse_upstream_healthy\(app) 1",
                "gatehouse_upstream_answers_total\(billing) 0", "gatehouse_upstream_healthy\(billing) 0",
                "gatehouse_upstream_outstanding\(app) 0",
            ] {
                #expect(metrics.contains("\n\(line)\n"), "\(line) is not in \(metrics)")
            }
            #expect(!metrics.contains("\ngatehouse_upstream_failures_total\(billing) 0\n"))
            let upstreams = try Self.admin(it.gateway, "/status").json?["upstreams"]?.elements ?? []
            #expect(upstreams.map { $0["name"]?.string } == ["app", "billing"])
            let servers = upstreams.compactMap { $0["servers"]?.elements.first }
            #expect(servers.map { $0["healthy"]?.bool } == [true, false])
            #expect(servers.first?["answers"]?.integer == 3)
        }
    }

    private static func admin(_ gateway: TestGateway, _ path: String) throws -> RawClient.Response {
        let client = try RawClient(port: gateway.adminPort)
        try client.send("GET \(path) HTTP/1.1\r\nHost: admin\r\n\r\n")
        return try client.response()
    }
}
