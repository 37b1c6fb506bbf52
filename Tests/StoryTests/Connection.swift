import Glibc
import StrictJSON

/// One HTTP/1.1 connection, kept open between requests. Every wait ends after 30 s.
final class Connection {
    struct Failure: Error, CustomStringConvertible { let description: String }

    struct Response: CustomStringConvertible {
        let status: Int
        /// Lower-case names.
        let headers: [String: String]
        let body: String

        var json: JSONElement? { try? JSONDocument(Array(body.utf8)).root }
        var requestID: String { headers["x-request-id"] ?? "" }
        var description: String { "\(status) \(body)" }
    }

    private let descriptor: CInt
    private var received: [UInt8] = []

    /// - Parameter address: `127.0.0.1:port`.
    init(_ address: String) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var timeout = timeval(tv_sec: 30, tv_usec: 0)
        // The pointers here are to locals that outlive the calls.
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = in_port_t(address.split(separator: ":").last.flatMap { UInt16($0) } ?? 0).bigEndian
        name.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result != 0 { throw Failure(description: "cannot connect: error \(errno)") }
    }

    deinit { close(descriptor) }

    func get(_ path: String, _ headers: String...) throws -> Response {
        try send("GET", path, headers)
        return try response()
    }

    func post(_ path: String, _ body: String, type: String = "application/json", _ headers: String...) throws -> Response {
        try send("POST", path, ["Content-Type: \(type)", "Content-Length: \(body.utf8.count)"] + headers, body)
        return try response()
    }

    func send(_ method: String, _ path: String, _ headers: [String], _ body: String = "") throws {
        try send((["\(method) \(path) HTTP/1.1", "Host: gateway.test"] + headers).joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            // `sent` is below the count.
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "cannot send: error \(errno)") }
            sent += count
        }
    }

    func response() throws -> Response {
        let blank = Array("\r\n\r\n".utf8)
        while received.firstRange(of: blank) == nil {
            guard try receive() else { throw Failure(description: "closed before an answer") }
        }
        guard let end = received.firstRange(of: blank) else { throw Failure(description: "no head") }
        var lines = String(decoding: received[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        guard let status = lines.removeFirst().split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Failure(description: "no status")
        }
        received.removeFirst(end.upperBound)
        var headers: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { throw Failure(description: "no header: \(line)") }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        while received.count < length {
            guard try receive() else { throw Failure(description: "closed in the body") }
        }
        defer { received.removeFirst(length) }
        return Response(status: status, headers: headers, body: String(decoding: received.prefix(length), as: UTF8.self))
    }

    /// Whether the other side closes without another byte.
    func isClosed() throws -> Bool { try received.isEmpty && !receive() }

    /// False at the end of the stream.
    private func receive() throws -> Bool {
        var bytes = [UInt8](repeating: 0, count: 16384)
        // The buffer has room for its count.
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count < 0 { throw Failure(description: "nothing came: error \(errno)") }
        received += bytes.prefix(count)
        return count > 0
    }
}
