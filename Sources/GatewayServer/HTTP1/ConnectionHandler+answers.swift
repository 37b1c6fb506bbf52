import Access
import GatewayCore
import HTTPWire
import NIOCore

/// Answers that are made here, what becomes of the connection behind them, and their records.
extension ConnectionHandler {
    /// Answers at once; a small rest of the body is read and dropped, a large one ends the connection.
    func respond(_ answer: Answer, to admission: Admission, _ bytes: Span<UInt8>, _ started: Int64) {
        let keeps = willKeepAlive
        ResponseWriter.write(answer, responseContext(keeps, admission), by: &loop.scratch, to: &output)
        if role != .admin { record(admission, bytes, status: answer.status, started) }
        afterAnswer(keeps, admission, bytes, started)
    }

    func writeSession(_ caller: AuthenticatedCaller, _ admission: Admission, _ bytes: Span<UInt8>, _ started: Int64) {
        let keeps = willKeepAlive
        ResponseWriter.writeJSON(caller.sessionBody, responseContext(keeps, admission), by: &loop.scratch, to: &output)
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
            by: &loop.scratch, to: &output
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
        ResponseWriter.write(Answer(refusal.problem, requestID: text(requestID)), context, by: &loop.scratch, to: &output)
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
        isFlushDue = false
        let sent = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(output), promise: sent)
        output = ByteBuffer()
        sent.futureResult.assumeIsolated().whenSuccess { [self] in
            isAnswerSent = true
            if isInputEnded { return close() }
            setDeadline(milliseconds: Self.lingerMilliseconds)
            self.context?.close(mode: .output, promise: nil)
        }
    }

    // MARK: Small parts

    var isLastRequest: Bool { loop.services.limits.requestsPerConnection.map { requestCount >= $0 } ?? false }

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

    func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

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
