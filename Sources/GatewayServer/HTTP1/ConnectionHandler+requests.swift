import Access
import CustomerAPI
import GatewayCore
import HTTPWire
import Logging
import NIOCore
import Tokens

/// From a head that is parsed to the one who answers it.
extension ConnectionHandler {
    func handle(_ bytes: Span<UInt8>) {
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
                hasQuery: query(admission, bytes) != nil
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
        let (path, query) = (path(admission, bytes), query(admission, bytes))
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
        awaitBody(.admin(path: text(path(admission, bytes))), admission, bytes, started)
    }

    // MARK: Bodies

    /// Reads the body of a request that will be answered when it is complete.
    func awaitBody(_ responder: Exchange.Responder, _ admission: Admission, _ bytes: Span<UInt8>, _ started: Int64) {
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
    func readBody(_ exchange: Exchange) -> Bool {
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
                exchange.byteCount += count
                guard exchange.byteCount <= exchange.bodyLimit else {
                    abandon(exchange, .bodyTooLarge(limit: exchange.bodyLimit))
                    return false
                }
                input.moveReaderIndex(forwardBy: count)
                let bytes = buffer.readableBytesUInt8Span
                exchange.digest?.update(bytes.extracting(0..<count))
                switch exchange.responder {
                case .nobody: break
                case .upstream: hold(buffer.getSlice(at: buffer.readerIndex, length: count), of: exchange)
                default: exchange.body.append(bytes, 0..<count)
                }
            }
        }
    }

    /// The body turned out to be bad after the head was judged.
    func abandon(_ exchange: Exchange, _ refusal: Refusal) {
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
        case .upstream(let grant, let name, let head, let bytes):
            loop.clock.read()
            forward(grant, to: name, head, bytes, exchange)
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
        guard case .busy(let exchange) = state else { return }
        finish(exchange, answer, reason: reason)
        goOn()
    }

    /// Behind an answer that came later. Where the client has left meanwhile, what was done for it has been recorded, and that is all.
    func goOn() {
        guard context != nil else { return }
        process()
        flush()
    }

    // MARK: Parts of the request

    private func takeRequestID(_ bytes: Span<UInt8>) {
        if let given = parser.head.value(.xRequestID) {
            let part = bytes.extracting(given)
            if RequestIDGenerator.isAcceptable(part) {
                requestID.removeAll(keepingCapacity: true)
                requestID.append(bytes, given)
                return
            }
        }
        loop.requestIDs.generate(into: &requestID)
    }

    private func value(_ field: KnownField, _ bytes: Span<UInt8>) -> [UInt8]? {
        parser.head.value(field).map { bytes.array($0) }
    }

    func path(_ admission: Admission, _ bytes: Span<UInt8>) -> [UInt8] {
        switch admission.target {
        case nil: []
        case .asSent(let length): bytes.array(parser.head.target.lowerBound..<parser.head.target.lowerBound + length)
        case .rewritten(let target, let length): Array(target[..<length])
        }
    }

    /// Without the question mark; nil: there is none.
    private func query(_ admission: Admission, _ bytes: Span<UInt8>) -> [UInt8]? {
        switch admission.target {
        case nil: return nil
        case .asSent(let length):
            let target = parser.head.target
            return length < target.count ? bytes.array(target.lowerBound + length + 1..<target.upperBound) : nil
        case .rewritten(let target, let length): return length < target.count ? Array(target[(length + 1)...]) : nil
        }
    }

    func exchange(
        _ responder: Exchange.Responder, _ admission: Admission, _ bytes: Span<UInt8>, _ started: Int64, bodyLimit: Int
    ) -> Exchange {
        Exchange(
            admission, snapshot: loop.gatekeeper.snapshot, responder: responder, requestID: requestID,
            path: path(admission, bytes), isHead: admission.method == .head,
            isKeepAlive: parser.head.isKeepAlive && !isLastRequest,
            isHTTP10: parser.head.isHTTP10, started: started, framing: parser.head.framing, bodyLimit: bodyLimit
        )
    }
}
