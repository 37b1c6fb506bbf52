import Access
import GatewayCore
import Glibc
import HTTPWire
import NIOCore
import Tokens

/// The client's side of a forwarded request: `Relay` is the other one.
extension ConnectionHandler {
    /// Begins to forward what was allowed. The grant is what opens this way; nothing else does.
    func forward(_ grant: Grant, to name: String, _ admission: Admission, _ bytes: Span<UInt8>, _ started: Int64) {
        // INVARIANT (nothing unverified leaves): of a signed request with a body nothing is sent before the body is known to be the signed one.
        if admission.signature?.contentDigest != nil {
            let head = parser.head
            return awaitBody(.upstream(grant, name, head, bytes.array(0..<head.byteCount)), admission, bytes, started)
        }
        let request: Forwarding?
        do throws(Refusal) {
            request = try forwarding(grant, to: name, admission, parser.head, bytes, in: loop.gatekeeper.snapshot)
        } catch {
            var refused = admission
            refused.outcome = .refuse(error)
            refused.reason = error.reason
            return respond(Answer(error.problem, requestID: text(requestID)), to: refused, bytes, started)
        }
        guard let request else { return respond(Answer(Self.noUpstream, requestID: text(requestID)), to: admission, bytes, started) }
        let expectsContinue = parser.head.expectsContinue
        let exchange = exchange(.nobody, admission, bytes, started, bodyLimit: admission.bodyLimit)
        if let signature = admission.signature {
            return useNonce(of: signature, exchange) { $0.begin(request, exchange, expectsContinue: expectsContinue) }
        }
        begin(request, exchange, expectsContinue: expectsContinue)
    }

    /// Forwards a signed request whose body is the signed one. Its head is made now, since what it asserts counts for seconds.
    func forward(_ grant: Grant, to name: String, _ head: RequestHead, _ bytes: [UInt8], _ exchange: Exchange) {
        do throws(Refusal) {
            guard let request = try forwarding(grant, to: name, exchange.admission, head, bytes.span, in: exchange.snapshot) else {
                return finish(exchange, Answer(Self.noUpstream, requestID: text(exchange.requestID)))
            }
            begin(request, exchange, expectsContinue: false)
        } catch {
            finish(exchange, Answer(error.problem, requestID: text(exchange.requestID)), refused: error)
        }
    }

    private static let noUpstream = Problem(.noUpstream, "No upstream is available for this route.")

    /// Nil when there is no such upstream.
    private func forwarding(
        _ grant: Grant, to name: String, _ admission: Admission, _ head: RequestHead, _ bytes: Span<UInt8>, in snapshot: Snapshot
    ) throws(Refusal) -> Forwarding? {
        guard let pool = loop.pools[name], let profile = snapshot.upstreams[name] else { return nil }
        let isUpgrade = grant.route.upgrade == .websocket && head.asksForWebSocket(bytes)
        let outbound = try outboundHead(grant, profile, admission, head, bytes, in: snapshot, isUpgrade: isUpgrade)
        return Forwarding(
            pool: pool, head: outbound.bytes, hostIndex: outbound.hostIndex, isIdempotent: admission.method?.isIdempotent ?? false,
            isUpgrade: isUpgrade,
            responseMilliseconds: grant.route.timeoutMilliseconds.map { Int64($0) } ?? pool.target.responseMilliseconds
        )
    }

    private func begin(_ request: Forwarding, _ exchange: Exchange, expectsContinue: Bool) {
        if expectsContinue {
            output.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
            flush()
        }
        let relay = Relay(request, exchange, client: self)
        state = .forwarding(relay)
        setDeadline(milliseconds: request.beginMilliseconds)
        relay.start()
    }

    private func outboundHead(
        _ grant: Grant, _ profile: UpstreamProfile, _ admission: Admission, _ head: RequestHead, _ bytes: Span<UInt8>,
        in snapshot: Snapshot, isUpgrade: Bool
    ) throws(Refusal) -> (bytes: ByteBuffer, hostIndex: Int?) {
        let request = OutboundRequest(grant, caller: admission.caller, to: profile, policy: snapshot.policy)
        let facts = OutboundRequest.Facts(
            requestID: requestID, issuer: snapshot.settings.issuer, remote: remote, isSecure: peer.isSecure, now: loop.clock.seconds,
            traceIDs: loop.requestIDs.traceIDs(),
            sessionCookies: snapshot.settings.sessionCookies, isUpgrade: isUpgrade, assertionUse: snapshot.assertionUse
        )
        var output = takeScratch()
        let hostIndex: Int?
        switch admission.target {
        case .rewritten(let target, _):
            hostIndex = try request.write(head, bytes, target: target.span, facts, to: &output)
        case .asSent, nil:
            hostIndex = try request.write(head, bytes, target: bytes.extracting(head.target), facts, to: &output)
        }
        let bytes = ByteBuffer(bytes: output)
        loop.scratch = output
        return (bytes, hostIndex)
    }

    // MARK: Request body

    /// The upstream can take more of the body.
    func continueBody() { process() }

    /// Passes on what has come of the body. False when nothing more can be done now.
    func forwardBody(_ relay: Relay) -> Bool {
        if relay.isRaw {
            if input.readableBytes > 0, relay.takesBody {
                relay.sendRaw(input)
                input = ByteBuffer()
            }
            return false
        }
        let exchange = relay.exchange
        defer { relay.flush() }
        // A flush may make room at once, and the event that says so comes while nobody here can take it up.
        while relay.takesBody || relay.flush() {
            let buffer = input
            let step: BodyDecoder.Step
            do throws(WireError) { step = try exchange.decoder.next(buffer.readableBytesUInt8Span) } catch {
                return refuseBody(relay, Refusal(error))
            }
            switch step {
            case .needMore:
                if isInputEnded { close() }
                return false
            case .skip(let count): input.moveReaderIndex(forwardBy: count)
            case .end:
                if let body = exchange.held.take() { relay.send(body, isChunked: exchange.isChunked) }
                relay.finishRequest(isChunked: exchange.isChunked)
                return false
            case .body(let count):
                exchange.byteCount += count
                guard exchange.byteCount <= exchange.bodyLimit, let part = input.readSlice(length: count) else {
                    return refuseBody(relay, .bodyTooLarge(limit: exchange.bodyLimit))
                }
                relay.send(part, isChunked: exchange.isChunked)
                setDeadline(milliseconds: loop.services.limits.bodyTimeout)
            }
        }
        return false
    }

    /// The body is bad: the upstream sees its connection end before the request was whole.
    private func refuseBody(_ relay: Relay, _ refusal: Refusal) -> Bool {
        relay.abort()
        if relay.isAnswerBegun {
            breakOff(relay.exchange)
        } else {
            relay.exchange.isKeepAlive = false
            finish(relay.exchange, Answer(refusal.problem, requestID: text(relay.exchange.requestID)), refused: refusal)
        }
        return false
    }

    func clientGone(_ relay: Relay) {
        relay.abort()
        // 499, as nginx has it: nobody was there to be answered.
        if !relay.isAnswerBegun { recordAnswer(relay.exchange, status: 499) }
        state = .closing
    }

    /// In the middle of its body.
    func clientGone(_ exchange: Exchange) {
        state = .closing
        if case .nobody = exchange.responder { return }
        if role != .admin { recordAnswer(exchange, status: 499) }
    }

    // MARK: Answer

    /// Writes the head of an upstream's answer. True when its body has to be chunked.
    func beginAnswer(_ head: borrowing ResponseHead, _ bytes: Span<UInt8>, _ exchange: Exchange) -> Bool {
        if loop.isStopping { exchange.isKeepAlive = false }
        var isChunked = false
        var lines = takeScratch()
        ResponseWriter.appendStatus(head.status, to: &lines)
        append(head, bytes, exchange, to: &lines)
        switch head.framing {
        case .none:
            // The length that GET would have had, for HEAD and 304.
            if let length = head.value(.contentLength), head.status != 204 {
                lines.append(text: "\r\ncontent-length: ")
                lines.append(bytes, length)
            }
        case .length(let count):
            lines.append(text: "\r\ncontent-length: ")
            lines.append(decimal: count)
        case .chunked, .untilClose:
            if exchange.isHTTP10 {
                exchange.isKeepAlive = false
                exchange.endsWithConnection = true
            } else {
                isChunked = true
                lines.append(text: "\r\ntransfer-encoding: chunked")
            }
        }
        writeHead(lines, exchange, isClosing: !exchange.isKeepAlive)
        recordAnswer(exchange, status: head.status)
        return isChunked
    }

    /// Answers a switch of protocols; from here on bytes pass as they are.
    func beginRaw(_ head: borrowing ResponseHead, _ bytes: Span<UInt8>, _ exchange: Exchange) {
        exchange.isKeepAlive = false
        var lines = takeScratch()
        lines.append(text: "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket")
        append(head, bytes, exchange, to: &lines)
        writeHead(lines, exchange, isClosing: false)
        recordAnswer(exchange, status: 101)
        flush()
        process()
    }

    private func append(_ head: borrowing ResponseHead, _ bytes: Span<UInt8>, _ exchange: Exchange, to lines: inout [UInt8]) {
        let keepsOrigins = exchange.admission.leavesOriginsToUpstream
        let nominated = NominatedNames(head, bytes)
        for field in head.fields where HeaderHygiene.mayReachClient(field, bytes) && !nominated.contains(field.name, bytes) {
            if !keepsOrigins, HeaderHygiene.isCrossOrigin(field, bytes) { continue }
            lines.append(text: "\r\n")
            lines.append(bytes, field.name)
            lines.append(text: ": ")
            lines.append(bytes, field.value)
        }
        ResponseWriter.append(exchange.admission.originHeaders, to: &lines)
    }

    private func writeHead(_ head: consuming [UInt8], _ exchange: Exchange, isClosing: Bool) {
        head.append(text: "\r\nx-request-id: ")
        head.append(contentsOf: exchange.requestID)
        if isClosing { head.append(text: "\r\nconnection: close") }
        head.append(text: "\r\n\r\n")
        output.writeBytes(head)
        loop.scratch = head
    }

    /// Taken while something is written there, so that it stays in one place.
    private func takeScratch() -> [UInt8] {
        var scratch: [UInt8] = []
        swap(&scratch, &loop.scratch)
        scratch.removeAll(keepingCapacity: true)
        return scratch
    }

    /// Small parts are gathered into one write, large ones go as they are.
    func writeAnswer(_ part: ByteBuffer, isChunked: Bool) {
        guard part.readableBytes > 0 else { return }
        if isChunked {
            output.writeString(String(part.readableBytes, radix: 16))
            output.writeStaticString("\r\n")
        }
        if part.readableBytes <= 8192 {
            output.writeImmutableBuffer(part)
        } else {
            writeOutput()
            write(part)
        }
        if isChunked { output.writeStaticString("\r\n") }
    }

    func endAnswer(_ exchange: Exchange, isChunked: Bool) {
        if isChunked { output.writeStaticString("0\r\n\r\n") }
        if exchange.isKeepAlive {
            becomeIdle(isKeepAlive: true)
            process()
            flush()
        } else {
            closeAfterAnswer()
        }
    }

    /// Ends an answer that has begun and cannot be completed, so that nobody takes it for whole: one who was told a length or gets chunks
    /// sees that something is missing; one who waits for the end of the connection gets a reset in its place.
    func breakOff(_ exchange: Exchange) {
        if exchange.endsWithConnection {
            (context?.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in }
        }
        close()
    }

    /// Answers in the upstream's place.
    func answer(_ exchange: Exchange, _ problem: Problem) {
        if !exchange.decoder.isEnded { exchange.isKeepAlive = false }
        finish(exchange, Answer(problem, requestID: text(exchange.requestID)))
        process()
        flush()
    }

    func recordAnswer(_ exchange: Exchange, status: Int) {
        loop.clock.read()
        let path = exchange.path
        record(
            exchange.admission, path: path.span, requestID: exchange.requestID, status: status, started: exchange.started, clientID: nil,
            snapshot: exchange.snapshot
        )
    }
}

extension Method {
    /// RFC 9110 section 9.2.2.
    fileprivate var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options: true
        case .post, .patch: false
        }
    }
}

extension RequestHead {
    /// RFC 6455 section 4.1: a GET without a body, with `Connection: upgrade` and `Upgrade: websocket`.
    fileprivate func asksForWebSocket(_ bytes: Span<UInt8>) -> Bool {
        guard let upgrade = value(.upgrade), bytes.isEqualIgnoringCase(upgrade, "websocket"), bytes.isEqual(method, "GET"), !isHTTP10,
            !framing.hasBody
        else {
            return false
        }
        return fields.contains { $0.known == .connection && bytes.hasListMember($0.value, "upgrade") }
    }
}
