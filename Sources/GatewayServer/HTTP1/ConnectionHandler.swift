import Access
import CustomerAPI
import GatewayCore
import HTTPWire
import Logging
import NIOCore
import Tokens

/// One HTTP/1.1 connection: feeds bytes to the parsers, asks the gatekeeper, carries out what it says. It decides nothing.
final class ConnectionHandler: ChannelInboundHandler, Watched {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// `head` -> `body` -> `busy` -> `head` … ; `head` -> `forwarding` -> `head` …; from each to `closing`
    enum State {
        /// Between requests, or in the middle of a head.
        case head
        case body(Exchange)
        /// The answer is being made elsewhere; what comes in meanwhile waits.
        case busy(Exchange)
        /// An upstream answers; bodies stream both ways.
        case forwarding(Relay)
        /// The last answer is written; what comes in is thrown away until the client has read it.
        case closing
    }

    /// Bytes of a body that are read and thrown away to keep a connection whose request was refused.
    private static let discardLimit = 64 << 10
    /// Bytes of answers gathered before they are sent within one read.
    private static let outputLimit = 64 << 10
    /// How long a refused client may take to read its answer.
    private static let lingerMilliseconds: Int64 = 2000

    let loop: LoopContext
    private let role: ListenerRole
    /// Who makes the request at hand, and the address as text.
    var peer: Gatekeeper.Peer
    var remote: [UInt8]
    /// The connection's other end where it is a proxy that says who makes each request; nil: it is the client.
    private let proxy: Gatekeeper.Peer?
    private var requestCount = 0
    var decisionMode: DecisionMode?
    var state = State.head
    private(set) var parser: RequestHeadParser
    var input = ByteBuffer()
    var output = ByteBuffer()
    private(set) var requestID: [UInt8] = []
    private(set) var context: ChannelHandlerContext?
    private var isProcessing = false
    private(set) var isWritable = true
    private var isReadPaused = false
    /// The client sends no more.
    private(set) var isInputEnded = false
    /// Monotonic nanoseconds at which `deadlinePassed` is due.
    private(set) var deadline = Int64.max
    var registryIndex = 0

    init(loop: LoopContext, role: ListenerRole, remote: SocketAddress?, isSecure: Bool) {
        self.loop = loop
        self.role = role
        self.remote = Array((remote?.ipAddress ?? "").utf8)
        let peer = Gatekeeper.Peer(address: remote?.ipAddress.flatMap { IPAddress($0) }, isSecure: isSecure)
        self.peer = peer
        proxy = role != .admin && loop.services.believes(peer.address, on: role) ? peer : nil
        parser = RequestHeadParser(limits: loop.services.limits.wire)
        decisionMode = role == .decide ? DecisionMode(limits: loop.services.limits.wire) : nil
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
        setDeadline(milliseconds: loop.services.limits.idleTimeout)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if case .forwarding(let relay) = state { clientGone(relay) }
        loop.remove(self)
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if case .closing = state { return }
        if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
        process()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if isWritable {
            if case .forwarding(let relay) = state { relay.clientBecameWritable() }
            process()
            flush()
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            // The client sends no more. What it has asked for completely is still answered.
            switch state {
            case .busy(let exchange): exchange.isKeepAlive = false
            case .forwarding(let relay) where !relay.isRaw:
                relay.exchange.isKeepAlive = false
                isInputEnded = true
                process()
            case .head, .body, .forwarding, .closing: close()
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }

    func close() { context?.close(promise: nil) }

    func stopWhenIdle() {
        if case .head = state, input.readableBytes == 0 { close() }
    }

    func deadlinePassed() {
        deadline = .max
        switch state {
        case .head where input.readableBytes > 0, .body:
            refuse(.requestTimeout)
            flush()
        case .forwarding(let relay) where !relay.isRequestComplete && !relay.isAnswerBegun && relay.takesBody:
            relay.abort()
            answer(relay.exchange, Refusal.requestTimeout.problem)
        case .forwarding(let relay): relay.timedOut()
        case .head, .closing: close()
        case .busy: break
        }
    }

    func setDeadline(milliseconds: Int64) { deadline = WallClock.coarse() + milliseconds * 1_000_000 }

    // MARK: Requests

    func process() {
        // What is answered within the loop below may call back; the loop goes on with it.
        if isProcessing { return }
        isProcessing = true
        advance()
        isProcessing = false
        // A client that sends on while its requests wait, for an answer or for itself to read, is held back by TCP.
        if input.readableBytes > Self.outputLimit { pauseReading() } else { resumeReading() }
    }

    /// As far as it goes: until more bytes are needed, somebody else works, or the client has to read first.
    private func advance() {
        while isWritable {
            switch state {
            case .head:
                guard input.readableBytes > 0 else { return releaseInput() }
                guard parseHead() else { return }
            case .body(let exchange):
                guard readBody(exchange) else { return }
            case .busy: return
            case .forwarding(let relay):
                guard forwardBody(relay) else { return }
            case .closing: return releaseInput()
            }
            if output.readableBytes > Self.outputLimit { flush() }
        }
    }

    /// An empty input is let go, so that the channel can use its receive buffer again.
    private func releaseInput() { input = ByteBuffer() }

    private func pauseReading() {
        guard !isReadPaused else { return }
        isReadPaused = true
        context?.channel.setOption(.autoRead, value: false).whenFailure { _ in }
    }

    private func resumeReading() {
        guard isReadPaused else { return }
        isReadPaused = false
        context?.channel.setOption(.autoRead, value: true).whenFailure { _ in }
        // A socket begins at once; a stream of HTTP/2 only when it is asked.
        context?.read()
    }

    /// False when more bytes are needed or the connection ends.
    private func parseHead() -> Bool {
        let buffer = input
        let bytes = buffer.readableBytesUInt8Span
        do throws(WireError) {
            guard try parser.parse(bytes) else {
                if !isInsideHead { setDeadline(milliseconds: loop.services.limits.headTimeout) }
                isInsideHead = true
                return false
            }
        } catch {
            refuse(Refusal(error))
            return false
        }
        isInsideHead = false
        // Before the answer, which may end the connection and let the input go; `bytes` stay with `buffer`.
        input.moveReaderIndex(forwardBy: parser.head.byteCount)
        handle(bytes)
        parser.reset()
        return true
    }

    private var isInsideHead = false

    private func handle(_ bytes: Span<UInt8>) {
        let started = WallClock.monotonic()
        loop.clock.read()
        takeRequestID(bytes)
        requestCount += 1
        if role == .admin { return handleAdmin(bytes, started) }
        if let proxy, !takeClient(behind: proxy, bytes, started) { return }
        if role == .decide { return handleDecide(isBelieved: proxy != nil, bytes, started) }
        let admission = loop.admit(parser.head, bytes, from: peer)
        if let candidate = admission.candidate { noteShadow(candidate, of: admission) }
        carryOut(admission.outcome, of: admission, bytes, started)
    }

    func noteShadow(_ candidate: CandidateDecision, of admission: borrowing Admission) {
        loop.shadow.note(
            candidate, of: admission, requestID: requestID, snapshot: loop.gatekeeper.snapshot, logger: loop.services.logger,
            at: loop.clock.seconds
        )
    }

    private func carryOut(_ outcome: Admission.Outcome, of admission: Admission, _ bytes: Span<UInt8>, _ started: Int64) {
        let snapshot = loop.gatekeeper.snapshot
        switch outcome {
        case .ifFresh(_, let then):
            // `awaitBody` and `forward(to:)`, through which everything allowed goes that can be signed, ask for the nonce first.
            carryOut(then, of: admission, bytes, started)
        case .refuse(let refusal):
            respond(Answer(refusal.problem, requestID: text(requestID)), to: admission, bytes, started)
        case .options(let methods):
            respond(Answer(status: 204, headers: [("allow", methods.list)]), to: admission, bytes, started)
        case .endpoint(.session):
            guard let caller = admission.caller else { return }
            if admission.signature != nil { return awaitBody(.session(caller), admission, bytes, started) }
            writeSession(caller, admission, bytes, started)
        case .endpoint(.signatureCheck):
            guard let report = admission.signatureReport else { return }
            awaitBody(.signatureCheck(report), admission, bytes, started)
        case .endpoint(.metadata):
            respond(MetadataEndpoint.answer(in: snapshot), to: admission, bytes, started)
        case .endpoint(.keySet):
            respond(Answer(json: snapshot.publicKeySet, headers: [("cache-control", "max-age=300")]), to: admission, bytes, started)
        case .endpoint(let endpoint):
            let responder = Exchange.Responder.oauth(
                endpoint, authorization: value(.authorization, bytes), contentType: value(.contentType, bytes),
                hasQuery: pathAndQuery(admission, bytes).query != nil
            )
            awaitBody(responder, admission, bytes, started)
        case .forward(let grant):
            forward(grant, admission, bytes, started)
        }
    }

    private func forward(_ grant: Grant, _ admission: Admission, _ bytes: Span<UInt8>, _ started: Int64) {
        switch grant.route.destination {
        case .provisioning:
            awaitBody(.customers(call(grant, admission, bytes)), admission, bytes, started)
        case .upstream(let name): forward(grant, to: name, admission, bytes, started)
        }
    }

    private func call(_ grant: Grant, _ admission: Admission, _ bytes: Span<UInt8>) -> APICall {
        let (path, query) = pathAndQuery(admission, bytes)
        return APICall(
            grant: grant, policy: loop.gatekeeper.snapshot.policy, method: admission.method ?? .get, path: text(path),
            query: query.map(text),
            headers: .init(
                accept: value(.accept, bytes).map(text), contentType: value(.contentType, bytes).map(text),
                idempotencyKey: value(.idempotencyKey, bytes).map(text), ifMatch: value(.ifMatch, bytes).map(text),
                ifNoneMatch: value(.ifNoneMatch, bytes).map(text)
            ), body: [], requestID: text(requestID), now: loop.clock.milliseconds
        )
    }

    private func handleAdmin(_ bytes: Span<UInt8>, _ started: Int64) {
        let method = Method(name: bytes.extracting(parser.head.method))
        var admission = Admission(outcome: .refuse(.notFound), method: method, reason: .isPublic)
        guard let target = try? RequestTarget.canonical(bytes.extracting(parser.head.target)) else {
            return respond(Answer(Refusal.notFound.problem, requestID: text(requestID)), to: admission, bytes, started)
        }
        admission.target = target
        awaitBody(.admin(path: text(pathAndQuery(admission, bytes).path)), admission, bytes, started)
    }

    // MARK: Bodies

    /// Reads the body of a request that will be answered when it is complete.
    private func awaitBody(_ responder: Exchange.Responder, _ admission: Admission, _ bytes: Span<UInt8>, _ started: Int64) {
        let exchange = exchange(responder, admission, bytes, started, bodyLimit: admission.bodyLimit)
        let expectsContinue = parser.head.expectsContinue
        if let signature = admission.signature {
            return useNonce(of: signature, exchange) { $0.readBody(of: exchange, expectsContinue: expectsContinue) }
        }
        readBody(of: exchange, expectsContinue: expectsContinue)
    }

    private func readBody(of exchange: Exchange, expectsContinue: Bool) {
        if expectsContinue { output.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n") }
        state = .body(exchange)
        setDeadline(milliseconds: loop.services.limits.bodyTimeout)
    }

    /// False when more bytes are needed or the connection ends.
    private func readBody(_ exchange: Exchange) -> Bool {
        while true {
            let step: BodyDecoder.Step
            let buffer = input
            do throws(WireError) { step = try exchange.decoder.next(buffer.readableBytesUInt8Span) } catch {
                abandon(exchange, Refusal(error))
                return false
            }
            switch step {
            case .needMore: return false
            case .skip(let count): input.moveReaderIndex(forwardBy: count)
            case .end:
                if let refusal = wrongBody(exchange) {
                    finish(exchange, Answer(refusal.problem, requestID: text(exchange.requestID)), refused: refusal)
                } else {
                    complete(exchange)
                }
                return true
            case .body(let count):
                guard exchange.body.count + count <= exchange.bodyLimit else {
                    abandon(exchange, .bodyTooLarge(limit: exchange.bodyLimit))
                    return false
                }
                if case .nobody = exchange.responder {
                    input.moveReaderIndex(forwardBy: count)
                } else if let part = input.readBytes(length: count) {
                    exchange.digest?.update(part.span)
                    exchange.body.append(contentsOf: part)
                }
            }
        }
    }

    /// The body turned out to be bad after the head was judged.
    private func abandon(_ exchange: Exchange, _ refusal: Refusal) {
        exchange.isKeepAlive = false
        if case .nobody = exchange.responder { return closeAfterAnswer() }
        finish(exchange, Answer(refusal.problem, requestID: text(exchange.requestID)), refused: refusal)
    }

    private func complete(_ exchange: Exchange) {
        deadline = .max
        switch exchange.responder {
        case .nobody: becomeIdle(isKeepAlive: exchange.isKeepAlive)
        case .oauth(let endpoint, let authorization, let contentType, let hasQuery):
            loop.clock.read()
            let call = OAuthCall(
                authorization: authorization, contentType: contentType, body: exchange.body, hasQuery: hasQuery, address: peer.address,
                now: loop.clock.seconds
            )
            let step = loop.services.clients.step(endpoint, call, in: exchange.snapshot, revoked: loop.gatekeeper.revocations)
            carryOut(step, exchange)
        case .session(let caller):
            finish(exchange, Answer(json: caller.sessionBody, headers: [("cache-control", "no-store")]))
        case .signatureCheck(let report): finish(exchange, report.answer(body: exchange.body, bodyFault: exchange.bodyFault))
        case .customers(var call):
            call.body = exchange.body
            let services = loop.services
            runElsewhere(exchange) { [call] in
                let answer = await services.customers.handle(call)
                if let failure = answer.failure {
                    services.logger.error("the store failed", metadata: ["reason": "\(failure)", "request_id": "\(call.requestID)"])
                }
                let isOthers = answer.isOthers
                return (Answer(status: answer.status, headers: answer.headers, body: answer.body), isOthers ? .notOwner : nil)
            }
        case .admin(let path):
            let admin = AdminEndpoints(services: loop.services, snapshot: exchange.snapshot)
            let method = exchange.admission.method
            let id = text(exchange.requestID)
            runElsewhere(exchange) { (await admin.answer(method, path: path, requestID: id), nil) }
        }
    }

    /// - Parameter work: gives the answer, and why it is a refusal if it is one.
    private func runElsewhere(_ exchange: Exchange, _ work: @escaping @Sendable () async -> (Answer, Reason?)) {
        state = .busy(exchange)
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        Task(executorPreference: loop.executor) {
            let (answer, reason) = await work()
            bound.value.resume(with: answer, reason)
        }
    }

    private func resume(with answer: Answer, _ reason: Reason?) {
        guard case .busy(let exchange) = state, context != nil else { return }
        finish(exchange, answer, reason: reason)
        process()
        flush()
    }

    // MARK: Answers

    /// Answers at once; a small rest of the body is read and dropped, a large one ends the connection.
    func respond(_ answer: Answer, to admission: Admission, _ bytes: Span<UInt8>, _ started: Int64) {
        let keeps = willKeepAlive
        ResponseWriter.write(answer, responseContext(keeps, admission), to: &output)
        if role != .admin { record(admission, bytes, status: answer.status, started) }
        afterAnswer(keeps, admission, bytes, started)
    }

    private func writeSession(_ caller: AuthenticatedCaller, _ admission: Admission, _ bytes: Span<UInt8>, _ started: Int64) {
        let keeps = willKeepAlive
        ResponseWriter.writeJSON(caller.sessionBody, responseContext(keeps, admission), to: &output)
        record(admission, bytes, status: 200, started)
        afterAnswer(keeps, admission, bytes, started)
    }

    func afterAnswer(_ keeps: Bool, _ admission: Admission, _ bytes: Span<UInt8>, _ started: Int64) {
        guard keeps else { return closeAfterAnswer() }
        if parser.head.framing == .none || parser.head.framing == .length(0) { return becomeIdle(isKeepAlive: true) }
        state = .body(exchange(.nobody, admission, bytes, started, bodyLimit: Self.discardLimit))
        setDeadline(milliseconds: loop.services.limits.bodyTimeout)
    }

    func finish(
        _ exchange: Exchange, _ answer: Answer, reason: Reason? = nil, clientID: String? = nil, refused: Refusal? = nil
    ) {
        let keeps = exchange.isKeepAlive && !loop.isStopping
        loop.clock.read()
        ResponseWriter.write(
            answer,
            .init(
                requestID: exchange.requestID, date: loop.clock.httpDate, isKeepAlive: keeps, isHead: exchange.isHead,
                originHeaders: exchange.admission.originHeaders
            ),
            to: &output
        )
        if role != .admin {
            var admission = exchange.admission
            if let refused { admission.outcome = .refuse(refused) }
            admission.reason = refused?.reason ?? reason ?? admission.reason
            let path = exchange.path
            record(
                admission, path: path.span, requestID: exchange.requestID, status: answer.status,
                started: exchange.started, clientID: clientID, snapshot: exchange.snapshot
            )
        }
        if keeps { becomeIdle(isKeepAlive: true) } else { closeAfterAnswer() }
    }

    /// Answers what never became a request, and closes.
    func refuse(_ refusal: Refusal) {
        loop.clock.read()
        if case .body(let exchange) = state { return abandon(exchange, refusal) }
        if let proxy { setClient(proxy) }
        loop.requestIDs.generate(into: &requestID)
        let context = ResponseWriter.Context(
            requestID: requestID, date: loop.clock.httpDate, isKeepAlive: false, isHead: false
        )
        ResponseWriter.write(Answer(refusal.problem, requestID: text(requestID)), context, to: &output)
        if role != .admin {
            let buffer = input
            let (admission, path) = parser.head.refused(refusal, buffer.readableBytesUInt8Span)
            record(
                admission, path: path.span, requestID: requestID, status: refusal.problem.status,
                started: WallClock.monotonic(), clientID: nil
            )
        }
        closeAfterAnswer()
    }

    func becomeIdle(isKeepAlive: Bool) {
        guard isKeepAlive, !loop.isStopping else { return closeAfterAnswer() }
        state = .head
        setDeadline(milliseconds: loop.services.limits.idleTimeout)
    }

    /// Sends what is written and our FIN, and goes on reading for a while: closing at once would reset the connection
    /// and could take the answer with it (RFC 9112 section 9.6).
    func closeAfterAnswer() {
        state = .closing
        releaseInput()
        guard let context else { return }
        // One who reads slowly has the time for it; the wait for the client's own end begins behind the last byte.
        setDeadline(milliseconds: loop.services.limits.idleTimeout)
        let sent = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(output), promise: sent)
        output = ByteBuffer()
        sent.futureResult.assumeIsolated().whenSuccess { [self] in
            setDeadline(milliseconds: Self.lingerMilliseconds)
            self.context?.close(mode: .output, promise: nil)
        }
    }

    func flush() {
        guard let context else { return }
        guard output.readableBytes > 0 else { return context.flush() }
        // Taken out first: a flush that makes the channel writable comes back here before it returns, and would send the same bytes again.
        var bytes = output
        output = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        guard output.readableBytes == 0 else { return }
        // By now the channel has let go of what it could send, so the same storage serves the next answer.
        bytes.clear()
        output = bytes
    }

    /// Hands over what is gathered, without sending it yet.
    func writeOutput() {
        guard output.readableBytes > 0, let context else { return }
        context.write(wrapOutboundOut(output), promise: nil)
        output = ByteBuffer()
    }

    // MARK: Small parts

    private var isLastRequest: Bool { loop.services.limits.requestsPerConnection.map { requestCount >= $0 } ?? false }

    var willKeepAlive: Bool {
        guard parser.head.isKeepAlive, !isLastRequest, !loop.isStopping else { return false }
        if parser.head.expectsContinue { return false }
        switch parser.head.framing {
        case .none: return true
        case .length(let count): return count <= Self.discardLimit
        case .chunked: return true
        }
    }

    private func responseContext(_ keeps: Bool, _ admission: borrowing Admission) -> ResponseWriter.Context {
        .init(
            requestID: requestID, date: loop.clock.httpDate, isKeepAlive: keeps, isHead: admission.method == .head,
            originHeaders: admission.originHeaders
        )
    }

    func exchange(
        _ responder: Exchange.Responder, _ admission: Admission, _ bytes: Span<UInt8>, _ started: Int64, bodyLimit: Int
    ) -> Exchange {
        Exchange(
            admission, snapshot: loop.gatekeeper.snapshot, responder: responder, requestID: requestID,
            path: pathAndQuery(admission, bytes).path, isHead: admission.method == .head,
            isKeepAlive: parser.head.isKeepAlive && !isLastRequest,
            isHTTP10: parser.head.isHTTP10, started: started, framing: parser.head.framing, bodyLimit: bodyLimit
        )
    }

    private func takeRequestID(_ bytes: Span<UInt8>) {
        if let given = parser.head.value(.xRequestID) {
            let part = bytes.extracting(given)
            if RequestIDGenerator.isAcceptable(part) {
                requestID.removeAll(keepingCapacity: true)
                for index in part.indices { requestID.append(part[index]) }
                return
            }
        }
        loop.requestIDs.generate(into: &requestID)
    }

    private func value(_ field: KnownField, _ bytes: Span<UInt8>) -> [UInt8]? {
        parser.head.value(field).map { bytes.array($0) }
    }

    func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func pathAndQuery(_ admission: Admission, _ bytes: Span<UInt8>) -> (path: [UInt8], query: [UInt8]?) {
        switch admission.target {
        case nil: return ([], nil)
        case .asSent(let length):
            let target = parser.head.target
            let path = bytes.array(target.lowerBound..<target.lowerBound + length)
            return (path, length < target.count ? bytes.array(target.lowerBound + length + 1..<target.upperBound) : nil)
        case .rewritten(let target, let length):
            return (Array(target[..<length]), length < target.count ? Array(target[(length + 1)...]) : nil)
        }
    }

    func record(_ admission: borrowing Admission, _ bytes: Span<UInt8>, status: Int, _ started: Int64) {
        switch admission.target {
        case nil: record(admission, path: [UInt8]().span, requestID: requestID, status: status, started: started, clientID: nil)
        case .asSent(let length):
            let start = parser.head.target.lowerBound
            record(
                admission, path: bytes.extracting(start..<start + length), requestID: requestID, status: status, started: started,
                clientID: nil
            )
        case .rewritten(let target, let length):
            record(
                admission, path: target.span.extracting(0..<length), requestID: requestID, status: status, started: started,
                clientID: nil
            )
        }
    }

    func record(
        _ admission: borrowing Admission, path: Span<UInt8>, requestID: [UInt8], status: Int, started: Int64, clientID: String?,
        snapshot: Snapshot? = nil
    ) {
        let duration = (WallClock.monotonic() - started) / 1000
        loop.record(
            admission, path: path, under: snapshot ?? loop.gatekeeper.snapshot,
            .init(requestID: requestID, remote: remote, status: status, durationMicroseconds: duration, clientID: clientID)
        )
    }
}
