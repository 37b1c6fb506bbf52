import Access
import GatewayCore
import GatewayTesting
import Testing

@testable import GatewayServer

@Suite("Metrics", .ownThread)
struct MetricsTests {
    @Test("a table counts each key by itself, however many there are")
    func table() {
        var table = CounterTable(capacity: 4)
        var expected: [UInt64: UInt64] = [:]
        for number in 1...2000 as ClosedRange<UInt64> {
            // Keys that differ in their low bits alone, in their high bits alone, and in both.
            for key in [number, number << 32, number << 48 | number] {
                table.add(key, number % 7 + 1)
                expected[key, default: 0] += number % 7 + 1
            }
        }
        #expect(Dictionary(table.entries.map { ($0.key, $0.count) }, uniquingKeysWith: +) == expected)
    }

    @Test(
        "a duration is counted in the first bucket whose bound it does not pass",
        arguments: [(0, 0), (50, 0), (51, 1), (100, 1), (101, 2), (30_000_000, 17), (30_000_001, 18), (.max / 4, 18)] as [(Int64, Int)]
    )
    func histogram(microseconds: Int64, bucket: Int) {
        var histogram = DurationHistogram()
        histogram.add(microseconds: microseconds)
        #expect(histogram.counts.firstIndex(of: 1) == bucket)
        #expect(histogram.counts.reduce(0, +) == 1)
        #expect(histogram.sumMicroseconds == microseconds)
    }

    @Test("buckets are written cumulatively, in seconds, and end with all")
    func buckets() {
        var histogram = DurationHistogram()
        for duration in [40, 60, 60, 2_000_000, 99_000_000] as [Int64] { histogram.add(microseconds: duration) }
        var text = MetricsText()
        text.addHistogram("x", histogram)
        let lines = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.first == #"x_bucket{le="5e-05"} 1"#)
        #expect(lines.contains(#"x_bucket{le="0.0001"} 3"#))
        #expect(lines.contains(#"x_bucket{le="2.5"} 4"#))
        #expect(lines.suffix(3) == [#"x_bucket{le="+Inf"} 5"#, "x_sum 101.00016", "x_count 5"])
    }

    @Test("values of labels and helps are escaped, so that none ends its line")
    func escaping() {
        var text = MetricsText()
        text.begin("m", .gauge, "a\\b\n\"c\"")
        text.add("m", [("l", "a\\b\n\"c\"\r\u{85}")], 1)
        text.add("m", seconds: .nan)
        #expect(
            String(decoding: text.bytes, as: UTF8.self)
                == "# HELP m a\\\\b\\n\"c\"\n# TYPE m gauge\nm{l=\"a\\\\b\\n\\\"c\\\"\r\u{85}\"} 1\nm NaN\n"
        )
    }

    @Test("requests keep their labels across reloads, also those that began before one")
    func reload() throws {
        let (one, two) = (try Self.policy("first", "second"), try Self.policy("second", "third"))
        var metrics = RequestMetrics(one)
        func admission(_ route: Route?, _ reason: Reason) -> Admission {
            var admission = Admission(outcome: reason == .allowed ? .options(MethodSet(.get)) : .refuse(.notFound), reason: reason)
            admission.route = route
            return admission
        }
        metrics.count(admission(one.routes[0], .allowed), status: 200, microseconds: 1)
        metrics.count(admission(one.routes[1], .allowed), status: 200, microseconds: 1)
        metrics.turn(to: two)
        metrics.count(admission(two.routes[0], .allowed), status: 200, microseconds: 1)
        metrics.count(admission(one.routes[0], .allowed), status: 200, microseconds: 1)
        metrics.count(admission(two.routes[1], .missingScope), status: 403, microseconds: 1)
        metrics.count(admission(nil, .noRoute), status: 404, microseconds: 1)
        metrics.count(Admission(outcome: .endpoint(.token), reason: .wrongSecret), status: 401, microseconds: 1)
        let counts = Dictionary(metrics.requestCounts.map { ($0.labels, $0.count) }, uniquingKeysWith: +)
        func labels(_ route: String, _ isAllowed: Bool, _ reason: Reason, _ status: Int) -> RequestMetrics.RequestLabels {
            .init(route: route, isAllowed: isAllowed, reason: reason, status: status)
        }
        let expected: [RequestMetrics.RequestLabels: UInt64] = [
            labels("first", true, .allowed, 200): 2, labels("second", true, .allowed, 200): 2,
            labels("third", false, .missingScope, 403): 1,
            labels("-", false, .noRoute, 404): 1, labels("/oauth2/token", false, .wrongSecret, 401): 1,
        ]
        #expect(counts == expected)
        #expect(metrics.durations.counts.reduce(0, +) == 7)
    }

    private static func policy(_ routes: String...) throws -> Policy {
        let lines = routes.map { "  - { id: \($0), methods: [GET], path: /\($0), public: true, to: provisioning }" }
        return try TestGateway.snapshot(policy: "policy: 1\nroutes:\n\(lines.joined(separator: "\n"))\n", partners: []).policy
    }
}
