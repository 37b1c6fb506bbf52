import Foundation
import Glibc
import Testing

/// An upstream that takes one request a connection and answers it when its body is complete.
final class Sink: Sendable {
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
            let length = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }.flatMap {
                Int($0.dropFirst(16))
            }
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
