import GatewayCore
import HTTPWire
import NIOCore

/// One request on its way to an upstream and its answer on the way back, both streaming, each held back when the other side is slow.
///
/// `connecting` -> `sending` -> `answering` -> done; from each to failed. Lives on one event loop with both of its connections.
final class Relay: UpstreamUser {
    /// The side of the client; let go at the end, since it holds the relay. (A weak reference would cost every retain of it a side table.)
    private var client: ConnectionHandler?
    let exchange: Exchange
    private let request: Forwarding
    private var attemptsLeft: Int
    private var server: UpstreamPool.Server?
    private var connection: UpstreamConnection?
    private var isBodySent = false
    private(set) var isRequestComplete = false
    private(set) var isAnswerBegun = false
    /// The answer began before the request was sent whole.
    private var isAnswerEarly = false
    private var isOver = false
    private var answerIsChunked = false
    /// After a switch of protocols: bytes pass as they are.
    private(set) var isRaw = false

    private var pool: UpstreamPool { request.pool }

    init(_ request: Forwarding, _ exchange: Exchange, client: ConnectionHandler) {
        self.request = request
        self.exchange = exchange
        self.client = client
        attemptsLeft = request.pool.target.retries
    }

    // MARK: Request

    /// - Parameter isFresh: whether to open a connection even where one waits: the others that wait may have gone stale with the one that failed.
    func start(avoiding avoided: UpstreamPool.Server? = nil, isFresh: Bool = false) {
        guard let server = pool.pickServer(avoiding: avoided) ?? pool.pickServer() else { return fail(.none) }
        self.server = server
        server.outstanding += 1
        if !isFresh, let connection = pool.takeIdle(server) { return use(connection) }
        pool.connect(server) { result in
            switch result {
            case .success(let connection):
                if self.isOver { return connection.close() }
                self.use(connection)
            case .failure(let failure):
                if self.isOver { return }
                self.letGo()
                // Nothing was sent, so another server may be tried whatever the method.
                if failure != .full, self.takeAttempt() { return self.start(avoiding: server) }
                self.fail(failure)
            }
        }
    }

    private func use(_ connection: UpstreamConnection) {
        self.connection = connection
        connection.begin(self, isHead: exchange.isHead)
        connection.write(head(for: connection.server))
        client?.setDeadline(milliseconds: request.responseMilliseconds)
        // Sends the body as far as it has come. Not where the client has to read first: the head leaves all the same.
        client?.continueBody()
        connection.flush()
    }

    private func head(for server: UpstreamPool.Server) -> ByteBuffer {
        let head = request.head
        guard let hostIndex = request.hostIndex, let before = head.getSlice(at: 0, length: hostIndex),
            let behind = head.getSlice(at: hostIndex, length: head.readableBytes - hostIndex)
        else { return head }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(head.readableBytes + server.hostField.count)
        bytes.writeImmutableBuffer(before)
        bytes.writeBytes(server.hostField)
        bytes.writeImmutableBuffer(behind)
        return bytes
    }

    /// Whether body bytes can be taken now.
    var takesBody: Bool { connection?.isWritable ?? false }

    func send(_ part: ByteBuffer, isChunked: Bool) {
        guard let connection else { return }
        isBodySent = true
        if isChunked {
            var framed = ByteBuffer()
            framed.reserveCapacity(part.readableBytes + 16)
            framed.writeString(String(part.readableBytes, radix: 16))
            framed.writeStaticString("\r\n")
            framed.writeImmutableBuffer(part)
            framed.writeStaticString("\r\n")
            connection.write(framed)
        } else {
            connection.write(part)
        }
    }

    func finishRequest(isChunked: Bool) {
        guard !isRequestComplete else { return }
        isRequestComplete = true
        if isChunked { connection?.write(ByteBuffer(staticString: "0\r\n\r\n")) }
        connection?.flush()
        client?.setDeadline(milliseconds: request.responseMilliseconds)
    }

    /// Sends what is written; whether there is room for more then.
    @discardableResult
    func flush() -> Bool {
        connection?.flush()
        return takesBody
    }

    /// Bytes of the client after a switch of protocols.
    func sendRaw(_ part: ByteBuffer) {
        connection?.write(part)
        connection?.flush()
        client?.setDeadline(milliseconds: pool.target.idleMilliseconds)
    }

    /// The client is gone, or its body turned out to be bad: the upstream must not take what it got for the whole.
    func abort() {
        guard !isOver else { return }
        isOver = true
        letGo()
        client = nil
    }

    func timedOut() {
        guard !isOver else { return }
        // It is no failure of the server when the client does not read, does not send, or has a WebSocket that is still.
        let isClientSlow = isRaw || isAnswerBegun && !(isRequestComplete && client?.isWritable == true)
        if !isClientSlow, let server { pool.noteFailure(server) }
        if isAnswerBegun {
            let client = client
            abort()
            client?.breakOff(exchange)
        } else {
            fail(.timeout)
        }
    }

    // MARK: Answer

    func upstreamHead(_ head: borrowing ResponseHead, _ bytes: Span<UInt8>) {
        guard let client, let server else { return }
        pool.noteSuccess(server)
        if head.status == 101 {
            guard request.isUpgrade, let upgrade = head.value(.upgrade), bytes.isEqualIgnoringCase(upgrade, "websocket") else {
                return fail(.bad)
            }
            isAnswerBegun = true
            isRaw = true
            client.beginRaw(head, bytes, exchange)
            client.setDeadline(milliseconds: pool.target.idleMilliseconds)
            return
        }
        isAnswerBegun = true
        // An answer before the end of the request: nobody can say what became of the rest, so both connections end.
        if !isRequestComplete {
            isAnswerEarly = true
            exchange.isKeepAlive = false
        }
        answerIsChunked = client.beginAnswer(head, bytes, exchange)
        client.setDeadline(milliseconds: pool.target.idleMilliseconds)
    }

    func upstreamBody(_ part: ByteBuffer) {
        guard let client, !isOver else { return }
        client.writeAnswer(part, isChunked: answerIsChunked)
        if !client.isWritable { connection?.pauseReading() }
    }

    func upstreamEnd() {
        guard !isOver else { return }
        isOver = true
        letGo(isReusable: isRequestComplete && !isAnswerEarly)
        let client = client
        self.client = nil
        client?.endAnswer(exchange, isChunked: answerIsChunked)
    }

    func upstreamReadComplete() {
        guard let client else { return }
        client.flush()
        if isAnswerBegun, !isOver { client.setDeadline(milliseconds: pool.target.idleMilliseconds) }
    }

    func upstreamFailed() {
        guard !isOver else { return }
        if isRaw {
            // How a WebSocket ends: what came before the end is still delivered.
            let client = client
            abort()
            client?.closeAfterAnswer()
            return
        }
        let failed = server
        if let failed, connection?.isReused == false { pool.noteFailure(failed) }
        if isAnswerBegun {
            // Half an answer is never passed as whole: the client sees its connection end.
            let client = client
            abort()
            client?.breakOff(exchange)
            return
        }
        letGo()
        // A request whose body has begun to leave is not ours to repeat; one that may have been acted on is repeated only if that is harmless.
        if !isBodySent, request.isIdempotent, takeAttempt() {
            // The end of an empty chunked body has to be sent again too.
            isRequestComplete = false
            return start(avoiding: failed, isFresh: true)
        }
        fail(.bad)
    }

    func upstreamWritabilityChanged() { if takesBody { client?.continueBody() } }

    func clientBecameWritable() { connection?.resumeReading() }

    // MARK: Ends

    private func takeAttempt() -> Bool {
        guard attemptsLeft > 0 else { return false }
        attemptsLeft -= 1
        return true
    }

    private func letGo(isReusable: Bool = false) {
        server?.outstanding -= 1
        server = nil
        let connection = connection
        self.connection = nil
        if isReusable { connection?.release() } else { connection?.close() }
    }

    private func fail(_ failure: UpstreamFailure) {
        guard !isOver else { return }
        let client = client
        abort()
        client?.answer(exchange, Self.problem(failure))
    }

    private static func problem(_ failure: UpstreamFailure) -> Problem {
        switch failure {
        case .bad: Problem(.badUpstream, "The upstream gave no usable answer.")
        case .timeout: Problem(.upstreamTimeout, "The upstream did not answer in time.")
        case .none: Problem(.noUpstream, "No server of the upstream is available.", headers: [("retry-after", "2")])
        case .full: Problem(.overloaded, "Every connection to the upstream is in use.", headers: [("retry-after", "1")])
        }
    }
}
