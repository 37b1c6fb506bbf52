import Access
import GatewayCore
import HTTPWire
import Testing

@Suite("What upstreams may say of origins")
struct UpstreamOriginTests {
    private func passed(_ lines: [String], _ admission: Admission) throws -> [String] {
        let bytes = Array(("HTTP/1.1 200 OK\r\n" + lines.map { "\($0): x\r\n" }.joined() + "Content-Length: 0\r\n\r\n").utf8)
        var parser = ResponseHeadParser(limits: WireLimits())
        try #require(try parser.parse(bytes.span, isHead: false))
        let keeps = admission.leavesOriginsToUpstream
        return parser.head.fields.map { (String(decoding: bytes[$0.name], as: UTF8.self), HeaderHygiene.isCrossOrigin($0, bytes.span)) }
            .filter { keeps || !$0.1 }.map(\.0).filter { $0 != "Content-Length" }
    }

    private static let lines = [
        "Access-Control-Allow-Origin", "access_control_allow_credentials", "ACCESS-CONTROL-EXPOSE-HEADERS", "Access-Control",
        "X-Access-Control-Allow-Origin",
        "Vary", "ETag",
    ]

    @Test("where a credential was judged, or the origin is an allowed one, the gateway alone tells who may see the answer")
    func rows() throws {
        var desk = try Desk(origins: ["https://app.example.com"])
        let session = "Cookie: authjs.session-token=\(try Desk.session())"
        let kept = ["Access-Control", "X-Access-Control-Allow-Origin", "Vary", "ETag"]
        for (path, lines, isKept) in [
            ("/c", [session], false), ("/c", [session, "Origin: https://evil.example"], false),
            ("/c", [session, "Origin: https://app.example.com"], false),
            ("/open", ["Origin: https://app.example.com"], false), ("/open", ["Origin: https://evil.example"], true),
            ("/open", ["X: y"], true),
        ] {
            let admission = try desk.admit(lines.joined(separator: "\r\n"), path: path)
            #expect(try passed(Self.lines, admission) == (isKept ? Self.lines : kept), "\(path) \(lines.last ?? "")")
        }
    }
}
