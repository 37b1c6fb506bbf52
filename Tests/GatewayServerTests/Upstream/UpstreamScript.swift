import Synchronization

/// What a recording upstream does with the requests of one connection.
struct UpstreamScript: Sendable {
    /// Before the first byte is read.
    let opened: @Sendable (UpstreamConversation) throws -> Void
    /// With each request whose head has come. Says whether the connection waits for another.
    let answer: @Sendable (UpstreamConversation, inout UpstreamRequest) throws -> Bool

    init(
        opened: @escaping @Sendable (UpstreamConversation) throws -> Void = { _ in },
        _ answer: @escaping @Sendable (UpstreamConversation, inout UpstreamRequest) throws -> Bool
    ) {
        self.opened = opened
        self.answer = answer
    }

    enum Ending { case keep, close, reset }

    /// Reads the request to its end and says which one it was.
    static let normal = UpstreamScript { connection, request in
        try connection.readBody(&request)
        try connection.send(answer(to: request))
        return true
    }

    /// A whole answer whose body is `request <X-Request-Id>`.
    static func answer(to request: UpstreamRequest) -> String {
        let body = "request \(request["x-request-id"] ?? "without id")"
        return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            + (request.method == "HEAD" ? "" : body)
    }

    /// Reads the request to its end and answers with exactly these bytes.
    static func bytes(_ text: String, then ending: Ending = .keep) -> UpstreamScript {
        UpstreamScript { connection, request in
            try connection.readBody(&request)
            try connection.send(text)
            if ending == .reset { connection.socket.reset() }
            return ending == .keep
        }
    }

    /// Answers when the head is there, and reads the body afterwards.
    static func early(_ text: String) -> UpstreamScript {
        UpstreamScript { connection, request in
            try connection.send(text)
            try connection.readBody(&request)
            return true
        }
    }

    /// Reads and never answers.
    static let silent = UpstreamScript { connection, _ in
        try connection.readToEnd()
        return false
    }

    /// Takes the connection and ends it before it has read anything.
    static let closesAtOnce = UpstreamScript(opened: { $0.socket.shutdown() }) { _, _ in false }

    /// Reads the head and resets the connection.
    static let resets = UpstreamScript { connection, _ in
        connection.socket.reset()
        return false
    }

    /// The first request with one script, the second with the next, … whichever connection they come on; the last goes on.
    static func each(_ scripts: UpstreamScript...) -> UpstreamScript {
        let counter = Counter()
        return UpstreamScript { connection, request in
            try scripts[min(counter.next(), scripts.count - 1)].answer(connection, &request)
        }
    }

    /// Waits until the test opens the gate, before it answers with these bytes.
    static func gated(_ gate: Gate, _ text: @escaping @Sendable (UpstreamRequest) -> String = { answer(to: $0) }) -> UpstreamScript {
        UpstreamScript { connection, request in
            try connection.readBody(&request)
            try gate.wait()
            try connection.send(text(request))
            return true
        }
    }
}

/// Counts on several threads.
final class Counter: Sendable {
    private let value = Mutex(0)

    /// 0, 1, …
    func next() -> Int {
        value.withLock { value in
            defer { value += 1 }
            return value
        }
    }

    func add(_ number: Int) { value.withLock { $0 += number } }

    var count: Int { value.withLock { $0 } }
}
