import Foundation
import Glibc
import StrictJSON
import Testing

/// A signed body on its way to an upstream, and a signed request across a restart.
@Suite("Signed requests of a running gateway", .ownThread)
struct SignedForwardingTests {
    private let place: Place
    private let environment: [String: String]

    private static let policy = """
        policy: 1
        scopes: { customers:read: Look, customers:write: Change }
        roles: { partner-writer: { grants: [customers:read, customers:write] } }
        callers: { partner: { via: partner-token, roles: [partner-writer] } }
        routes:
          - { id: read, methods: [GET], path: /api/provisioning/customers, needs: [customers:read], to: provisioning }
          - { id: send, methods: [POST], path: /sink, needs: [customers:write], signed: required, to: sink }

        """

    init() throws {
        place = try Place(policy: Self.policy)
        try place.write("policies/gateway.yaml", "upstreams:\n  sink: { servers: [\"http://127.0.0.1:9\"] }\n")
        let made = try place.run("partner", "add", "acme", "--name", "Acme", "--role", "partner-writer", "--json")
        let partner = try JSONDocument(Array(made.output.utf8)).root
        environment = [
            "GATEHOUSE_KEY_ID": "acme:\(partner["secret_id"]?.string ?? "")", "GATEHOUSE_SECRET": try #require(partner["client_secret"]?.string),
        ]
    }

    /// The headers for a request to `gateway.test`.
    private func sign(_ gateway: Gateway, _ arguments: String...) throws -> String {
        let token = try gateway.token(.init(id: "acme", secret: environment["GATEHOUSE_SECRET"] ?? ""))
        let result = try place.run(["request", "sign"] + arguments, environment: environment.merging(["GATEHOUSE_TOKEN": token]) { $1 })
        try #require(result.status == 0, "\(result.error)")
        return result.output.split(separator: "\n").joined(separator: "\r\n")
    }

    @Test("an upstream gets the whole of a signed body, and never the whole of another one (M-05)", arguments: [false, true])
    func forwarded(isChunked: Bool) throws {
        let upstream = try Sink()
        try place.write("policies/gateway.yaml", "upstreams:\n  sink: { servers: [\"http://127.0.0.1:\(upstream.port)\"], retries: 0 }\n")
        // Several reads long, so that most of it has left before its end is seen.
        let body = String(repeating: "0123456789abcdef", count: 20_000)
        try place.write("body", body)
        try place.serving { gateway in
            for isRight in [true, false] {
                let headers = try sign(gateway, "POST", "http://gateway.test/sink", "--body", "body", "--content-type", "text/plain")
                let sent = isRight ? body : String(body.dropLast()) + "!"
                let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(sent.utf8.count)"
                let content = isChunked ? "\(String(sent.utf8.count, radix: 16))\r\n\(sent)\r\n0\r\n\r\n" : sent
                let connection = try gateway.connect()
                try connection.send("POST /sink HTTP/1.1\r\nHost: gateway.test\r\n\(framing)\r\n\(headers)\r\n\r\n\(content)")
                let response = try connection.response()
                let received = try #require(upstream.next())
                if isRight {
                    #expect(response.status == 200, "\(response)")
                    #expect(received.isComplete)
                    #expect(!received.head.lowercased().contains("signature"))
                } else {
                    #expect(response.status == 401, "\(response)")
                    #expect(response.json?["component"]?.string == "content-digest")
                    #expect(!received.isComplete)
                }
            }
        }
    }

    @Test("a nonce that was used stays used when the gateway was killed and started again (M-09)")
    func restart() throws {
        let headers = try place.serving("--issuer", "http://gateway.test") { gateway -> String in
            let signed = try sign(gateway, "GET", "http://gateway.test/api/provisioning/customers")
            #expect(try gateway.connect().get(Gateway.customers, signed).status == 200)
            gateway.program.signal(SIGKILL)
            _ = try gateway.program.status()
            return signed
        }
        try place.serving("--issuer", "http://gateway.test") { gateway in
            let replayed = try gateway.connect().get(Gateway.customers, headers)
            #expect(replayed.status == 401)
            #expect(replayed.json?["component"]?.string == "nonce")
        }
    }
}

/// An upstream that takes one request a connection and answers it when its body is complete.
private final class Sink: Sendable {
    struct Received: Sendable {
        let head: String
        let isComplete: Bool
    }

    let port: Int
    private let descriptor: CInt
    private let arrived = Arrivals<Received>()

    init() throws {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = descriptor
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // The pointers here are to locals that outlive the calls.
        let isListening = unsafe withUnsafeMutablePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isListening)
        port = Int(in_port_t(bigEndian: name.sin_port))
        Thread.detachNewThread { [arrived] in
            while true {
                let connection = accept(descriptor, nil, nil)
                if connection < 0 { return }
                Self.serve(connection, arrived)
            }
        }
    }

    deinit {
        shutdown(descriptor, CInt(SHUT_RDWR))
        close(descriptor)
    }

    func next() -> Received? { arrived.next(within: 30) }

    private static func serve(_ connection: CInt, _ arrived: Arrivals<Received>) {
        defer { close(connection) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65536)
        while true {
            // The buffer has room for its count.
            let count = unsafe part.withUnsafeMutableBytes { unsafe recv(connection, $0.baseAddress, $0.count, 0) }
            if count > 0 { bytes += part.prefix(count) }
            let end = bytes.firstRange(of: Array("\r\n\r\n".utf8))
            let head = String(decoding: bytes[..<(end?.lowerBound ?? bytes.count)], as: UTF8.self)
            let body = end.map { bytes[$0.upperBound...] } ?? []
            let length = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }.flatMap { Int($0.dropFirst(16)) }
            let isComplete = end != nil && (length.map { body.count >= $0 } ?? body.suffix(5).elementsEqual("0\r\n\r\n".utf8))
            if isComplete {
                let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)
                _ = unsafe answer.withUnsafeBytes { unsafe send(connection, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            }
            if isComplete || count <= 0 { return arrived.add(Received(head: head, isComplete: isComplete)) }
        }
    }
}

/// Values from another thread, in their order.
private final class Arrivals<Value: Sendable>: @unchecked Sendable {
    // Guarded by the condition.
    private var values: [Value] = []
    private let condition = NSCondition()

    func add(_ value: Value) {
        condition.withLock {
            values.append(value)
            condition.signal()
        }
    }

    func next(within seconds: Double) -> Value? {
        condition.lock()
        defer { condition.unlock() }
        let limit = Date(timeIntervalSinceNow: seconds)
        while values.isEmpty { if !condition.wait(until: limit) { return nil } }
        return values.removeFirst()
    }
}
