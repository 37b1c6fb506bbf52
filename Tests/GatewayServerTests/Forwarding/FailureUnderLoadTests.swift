import Foundation
import GatewayTesting
import StrictJSON
import Synchronization
import Testing

@Suite("Forwarding: a server that dies under load", .ownThread)
struct FailureUnderLoadTests {
    /// A server that is killed and started again, on one port.
    final class Mortal: Sendable {
        private let current: Mutex<RecordingUpstream>
        private let held: RawSocket
        var port: Int { held.port }

        init() throws {
            held = try RawSocket.holdingPort()
            current = Mutex(try RecordingUpstream(port: held.port))
        }

        func kill() { current.withLock { $0.stop() } }

        func start() throws { try current.withLock { $0 = try RecordingUpstream(port: port) } }
    }

    @Test("no request hangs and no answer meets another request, while servers are killed and started again")
    func killed() async throws {
        let mortal = try Mortal()
        defer { mortal.kill() }
        let good = Counter()
        let bad = Counter()
        try await ForwardingGateway.run(configure: { [TestUpstream("app", [mortal.port, $0.port])] }) { it in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        var client = try it.client()
                        for index in 0..<150 {
                            let id = "request-\(worker)-\(index)"
                            let isPost = index % 3 == 0
                            let text = it.request(
                                "\(isPost ? "POST" : "GET") /app/x", "X-Request-Id: \(id)\r\n",
                                body: isPost ? String(repeating: "b", count: 5000) : ""
                            )
                            try client.send(text)
                            let response = try client.response()
                            #expect(response["x-request-id"] == id)
                            if response.status == 200 {
                                #expect(response.body == "request \(id)")
                                _ = good.next()
                            } else {
                                #expect([502, 503, 504].contains(response.status))
                                #expect(response.json?["request_id"]?.string == id)
                                _ = bad.next()
                            }
                            if response["connection"] == "close" { client = try it.client() }
                        }
                    }
                }
                group.addTask {
                    for round in 1...6 {
                        try waitUntil("the requests have come so far") { good.count + bad.count > round * 150 }
                        mortal.kill()
                        try waitUntil("more have come") { good.count + bad.count > round * 150 + 60 }
                        try mortal.start()
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(good.count + bad.count == 1200)
        // The other server was there all the time: what could be repeated was.
        #expect(good.count > 1000)
    }
}
