import Glibc

/// A client that sends exactly the bytes it is given and shows exactly the bytes it gets: no library in between repairs anything.
final class RawClient {
    private let descriptor: CInt
    private(set) var buffer: [UInt8] = []

    struct Failure: Error { let what: String }

    /// One response, taken apart.
    struct Response {
        var status: Int
        /// Lower-case names.
        var headers: [(name: String, value: String)]
        var body: String

        subscript(name: String) -> String? { headers.first { $0.name == name }?.value }
    }

    init(port: Int) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        // The address is a local that outlives the call.
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(what: "connect: \(errno)") }
    }

    deinit { Glibc.close(descriptor) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            // `sent` is below the count.
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(what: "send: \(errno)") }
            sent += count
        }
    }

    /// No more will be sent.
    func finish() { shutdown(descriptor, CInt(SHUT_WR)) }

    /// False at the end of the stream.
    private func fill() throws -> Bool {
        var bytes = [UInt8](repeating: 0, count: 65536)
        // The buffer has room for its count.
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count < 0 { throw Failure(what: "nothing came within 10 s, or the connection was reset: \(errno)") }
        buffer += bytes.prefix(count)
        return count > 0
    }

    /// The next response; `isHead` when it answers HEAD.
    func response(isHead: Bool = false) throws -> Response {
        let end = Array("\r\n\r\n".utf8)
        var headEnd = find(end)
        while headEnd == nil {
            guard try fill() else { throw Failure(what: "closed before the head was complete: \(text)") }
            headEnd = find(end)
        }
        guard let headEnd else { throw Failure(what: "no head") }
        let lines = String(decoding: buffer[..<headEnd], as: UTF8.self).components(separatedBy: "\r\n")
        guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { throw Failure(what: lines[0]) }
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: parts[0].lowercased(), value: parts.count > 1 ? parts[1].trimmingPrefix(" ").description : "")
        }
        buffer.removeFirst(headEnd + 4)
        var response = Response(status: status, headers: headers, body: "")
        let length = isHead || status == 204 || status == 304 || status == 100 ? 0 : response["content-length"].flatMap { Int($0) } ?? 0
        while buffer.count < length {
            guard try fill() else { throw Failure(what: "closed in the body") }
        }
        response.body = String(decoding: buffer.prefix(length), as: UTF8.self)
        buffer.removeFirst(length)
        return response
    }

    /// Reads until the server closes; what came and was not read as a response.
    func readToEnd() throws -> [UInt8] {
        while try fill() {}
        defer { buffer = [] }
        return buffer
    }

    /// Whether the server closes without sending anything more.
    func isClosed() throws -> Bool { try readToEnd().isEmpty }

    private var text: String { String(decoding: buffer, as: UTF8.self) }

    private func find(_ pattern: [UInt8]) -> Int? {
        guard buffer.count >= pattern.count else { return nil }
        for start in 0...(buffer.count - pattern.count) where buffer[start] == pattern[0] {
            if buffer[start..<start + pattern.count].elementsEqual(pattern) { return start }
        }
        return nil
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
