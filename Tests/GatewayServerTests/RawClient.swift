import Glibc

/// A client that sends exactly the bytes it is given and shows exactly the bytes it gets: no library in between repairs anything.
final class RawClient {
    let socket: RawSocket
    private(set) var buffer: [UInt8] = []

    typealias Failure = RawSocket.Failure

    /// One response, taken apart.
    struct Response {
        var status: Int
        /// Lower-case names.
        var headers: [(name: String, value: String)]
        var body: String

        subscript(name: String) -> String? { headers.first { $0.name == name }?.value }
    }

    init(port: Int, receiveBuffer: Int? = nil) throws { socket = try RawSocket(connectingTo: port, receiveBuffer: receiveBuffer) }

    func send(_ text: String) throws { try socket.send(text) }

    func send(_ bytes: [UInt8]) throws { try socket.send(bytes) }

    /// No more will be sent.
    func finish() { socket.finish() }

    /// False at the end of the stream.
    private func fill() throws -> Bool {
        let bytes = try socket.receive()
        buffer += bytes
        return !bytes.isEmpty
    }

    /// The next response; `isHead` when it answers HEAD. A body is delimited by its length, by chunks, or by the end of the connection
    /// where that is said to follow; one that ends too early is an error.
    func response(isHead: Bool = false) throws -> Response {
        var response = try head()
        if isHead || 100..<200 ~= response.status || [204, 304].contains(response.status) { return response }
        if response["transfer-encoding"] == "chunked" {
            response.body = try chunkedBody()
        } else if let length = response["content-length"].flatMap({ Int($0) }) {
            response.body = try take(length)
        } else if response["connection"] == "close" {
            while try fill() {}
            response.body = try take(buffer.count)
        }
        return response
    }

    /// The head of the next response; its body is left.
    func head() throws -> Response {
        let lines = try line(endedBy: "\r\n\r\n").split(separator: "\r\n", omittingEmptySubsequences: false)
        guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { throw Failure(what: "\(lines[0])") }
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: parts[0].lowercased(), value: parts.count > 1 ? parts[1].trimmingPrefix(" ").description : "")
        }
        return Response(status: status, headers: headers, body: "")
    }

    /// A chunked body, its trailers read and dropped.
    func chunkedBody() throws -> String {
        var body = ""
        while let chunk = try chunk() { body += chunk }
        return body
    }

    /// The next chunk; nil at the end of the body.
    func chunk() throws -> String? {
        let size = try line(endedBy: "\r\n")
        guard let count = Int(size, radix: 16) else { throw Failure(what: "no chunk size: \(size)") }
        guard count == 0 else {
            let data = try take(count + 2)
            return String(data.dropLast())
        }
        while try !line(endedBy: "\r\n").isEmpty {}
        return nil
    }

    /// Reads until the server closes; what came and was not read as a response.
    func readToEnd() throws -> [UInt8] {
        while try fill() {}
        defer { buffer = [] }
        return buffer
    }

    /// Whether the server closes without sending anything more.
    func isClosed() throws -> Bool { try readToEnd().isEmpty }

    /// This many bytes as text.
    func take(_ count: Int) throws -> String {
        while buffer.count < count {
            guard try fill() else { throw Failure(what: "closed in the body, after \(buffer.count) of \(count) bytes") }
        }
        defer { buffer.removeFirst(count) }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    /// Reads this many bytes and drops them.
    func skip(_ count: Int) throws {
        var missing = count
        while missing > 0 {
            if buffer.isEmpty {
                guard try fill() else { throw Failure(what: "closed in the body, \(missing) of \(count) bytes before its end") }
            }
            let part = min(missing, buffer.count)
            buffer.removeFirst(part)
            missing -= part
        }
    }

    /// Whether the next bytes are these, in whatever pieces they come.
    func isNext(_ bytes: [UInt8]) throws -> Bool {
        while buffer.count < bytes.count { guard try fill() else { return false } }
        defer { buffer.removeFirst(bytes.count) }
        // Both have at least the count.
        return unsafe memcmp(buffer, bytes, bytes.count) == 0
    }

    /// What stands before the pattern, which is taken away.
    private func line(endedBy pattern: String) throws -> String {
        let pattern = Array(pattern.utf8)
        var searched = 0
        while true {
            if let end = find(pattern, from: searched) {
                defer { buffer.removeFirst(end + pattern.count) }
                return String(decoding: buffer[..<end], as: UTF8.self)
            }
            searched = max(0, buffer.count - pattern.count)
            guard try fill() else { throw Failure(what: "closed too early: \(String(decoding: buffer.prefix(2000), as: UTF8.self))") }
        }
    }

    private func find(_ pattern: [UInt8], from first: Int) -> Int? {
        guard buffer.count >= pattern.count else { return nil }
        for start in first...(buffer.count - pattern.count) where buffer[start] == pattern[0] {
            if buffer[start..<start + pattern.count].elementsEqual(pattern) { return start }
        }
        return nil
    }
}
