/// One connection of a recording upstream: the script reads from it and writes to it.
final class UpstreamConversation: @unchecked Sendable {
    // One thread uses it: `run` on the thread of the connection.

    let socket: RawSocket
    /// Which connection of the upstream it is, from 0.
    let index: Int
    private var buffer: [UInt8] = []
    private let received: @Sendable ([UInt8]) -> Void
    private let begun: @Sendable (UpstreamRequest) -> Int
    private let changed: @Sendable (Int, UpstreamRequest) -> Void
    private var number = 0

    init(
        _ socket: RawSocket, index: Int, received: @escaping @Sendable ([UInt8]) -> Void,
        begun: @escaping @Sendable (UpstreamRequest) -> Int, changed: @escaping @Sendable (Int, UpstreamRequest) -> Void
    ) {
        self.socket = socket
        self.index = index
        self.received = received
        self.begun = begun
        self.changed = changed
    }

    func run(_ script: UpstreamScript) {
        // A connection that the gateway or the test ends is no error of the script.
        do {
            try script.opened(self)
            while var request = try readHead() { guard try script.answer(self, &request) else { return } }
        } catch { return }
    }

    func send(_ text: String) throws { try socket.send(text) }

    /// The head of the next request; nil when the connection ends instead.
    private func readHead() throws -> UpstreamRequest? {
        while true {
            if let end = buffer.firstRange(of: Array("\r\n\r\n".utf8)) {
                let request = UpstreamRequest(connection: index, head: String(decoding: buffer[..<end.lowerBound], as: UTF8.self))
                buffer.removeFirst(end.upperBound)
                number = begun(request)
                return request
            }
            guard try fill() else { return nil }
        }
    }

    /// Reads the body to its end and keeps it.
    func readBody(_ request: inout UpstreamRequest) throws {
        if request["transfer-encoding"] == "chunked" {
            while true {
                guard let count = Int(try line(), radix: 16) else { throw RawSocket.Failure(what: "no chunk size") }
                try read(count, &request)
                guard try line().isEmpty else { throw RawSocket.Failure(what: "trailers, or a chunk that does not end") }
                if count == 0 { break }
            }
        } else if let length = request["content-length"].flatMap({ Int($0) }) {
            try read(length, &request)
        }
        request.isWhole = true
        changed(number, request)
    }

    /// Reads the next `count` bytes of a body and keeps them.
    private func read(_ count: Int, _ request: inout UpstreamRequest) throws {
        var missing = count
        while missing > 0 {
            if buffer.isEmpty { guard try fill() else { throw RawSocket.Failure(what: "closed in the body") } }
            let part = buffer.prefix(missing)
            request.body += part
            missing -= part.count
            buffer.removeFirst(part.count)
            // Showing a large body each time would copy it each time.
            if request.body.count < 1 << 20 { changed(number, request) }
        }
    }

    /// The next bytes, whatever they are; empty at the end of the stream.
    func readSome() throws -> [UInt8] {
        if buffer.isEmpty { _ = try fill() }
        defer { buffer = [] }
        return buffer
    }

    /// Waits until the gateway ends the connection, and keeps what comes before.
    func readToEnd() throws {
        while try fill() { buffer = [] }
    }

    private func line() throws -> String {
        while true {
            if let end = buffer.firstRange(of: [0x0D, 0x0A]) {
                defer { buffer.removeFirst(end.upperBound) }
                return String(decoding: buffer[..<end.lowerBound], as: UTF8.self)
            }
            guard try fill() else { throw RawSocket.Failure(what: "closed in a line") }
        }
    }

    private func fill() throws -> Bool {
        let bytes = try socket.receive()
        received(bytes)
        buffer += bytes
        return !bytes.isEmpty
    }
}
