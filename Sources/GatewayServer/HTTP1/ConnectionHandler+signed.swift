import GatewayCore
import HTTPWire
import Logging
import NIOCore
import SharedState
import Tokens

/// What a signed request needs beside an unsigned one: its nonce is used up before anything is done for it, and its body is the signed one
/// before anybody takes it for complete.
extension ConnectionHandler {
    /// Goes on with `begin` when the nonce was fresh; answers in its place when it was not, or when that cannot be told.
    func useNonce(of signature: RequestSignature, _ exchange: Exchange, _ begin: @escaping (ConnectionHandler) -> Void) {
        state = .busy(exchange)
        let bound = NIOLoopBound((handler: self, exchange: exchange, begin: begin), eventLoop: loop.eventLoop)
        let (services, now) = (loop.services, loop.clock.seconds)
        Task(executorPreference: loop.executor) {
            let refusal: Refusal?
            do throws(SharedStateError) {
                refusal = try await services.nonces.use(signature.nonce, at: now) ? nil : signature.reused
            } catch {
                services.logger.error("the store of nonces failed", metadata: ["reason": "\(error)"])
                refusal = .storeUnavailable
            }
            let (handler, exchange, begin) = bound.value
            handler.proceed(exchange, refusal, begin)
        }
    }

    /// Does what has to be done before the answer of an endpoint of clients counts.
    func carryOut(_ step: OAuthStep, _ exchange: Exchange) {
        guard step.nonce != nil || step.revocation != nil else { return finish(exchange, step.outcome) }
        state = .busy(exchange)
        let bound = NIOLoopBound((handler: self, exchange: exchange), eventLoop: loop.eventLoop)
        let (services, now, deliver, id) = (loop.services, loop.clock.seconds, loop.deliver, text(exchange.requestID))
        Task(executorPreference: loop.executor) {
            var outcome = step.outcome
            do {
                if let nonce = step.nonce, try await !services.nonces.use(nonce, at: now) {
                    outcome = step.reused
                } else if let revocation = step.revocation {
                    guard let revocations = services.revocations else {
                        throw SharedStateError.unavailable("there is no store of revocations")
                    }
                    try await deliver?(try await revocations.revoke(revocation, at: now))
                }
            } catch {
                services.logger.error("the store failed", metadata: ["reason": "\(error)", "request_id": "\(id)"])
                outcome = step.unavailable(requestID: id)
            }
            let (handler, exchange) = bound.value
            guard case .busy(let waiting) = handler.state, waiting === exchange else { return }
            handler.finish(exchange, outcome)
            handler.goOn()
        }
    }

    private func finish(_ exchange: Exchange, _ outcome: OAuthOutcome) {
        finish(exchange, outcome.answer, reason: outcome.reason, clientID: outcome.clientID)
    }

    private func proceed(_ exchange: Exchange, _ refusal: Refusal?, _ begin: (ConnectionHandler) -> Void) {
        guard case .busy(let waiting) = state, waiting === exchange else { return }
        if context == nil {
            // The nonce is used up, and nothing else was done.
            state = .closing
            recordAnswer(exchange, status: 499)
        } else if let refusal {
            // The body is not read, so nothing can follow it.
            if !exchange.decoder.isEnded { exchange.isKeepAlive = false }
            finish(exchange, Answer(refusal.problem, requestID: text(exchange.requestID)), refused: refusal)
        } else {
            begin(self)
        }
        goOn()
    }

    /// Why the body that has ended is not the one that was signed; nil: it is, or nothing was signed.
    func wrongBody(_ exchange: Exchange) -> Refusal? {
        guard let digest = exchange.digest else { return nil }
        do throws(SignatureFault) {
            try digest.finish()
            return nil
        } catch {
            // The signature check answers with it instead.
            exchange.bodyFault = error
            return exchange.admission.signature?.wrongBody(error)
        }
    }
    /// Keeps a part of a signed body until all of it is known to be what was signed. It may be as large as the route allows, and come as slowly
    /// as a body that is passed on.
    func hold(_ part: ByteBuffer?, of exchange: Exchange) {
        guard let part else { return }
        if exchange.held == nil { exchange.held = ByteBuffer() }
        exchange.held?.writeImmutableBuffer(part)
        setDeadline(milliseconds: loop.services.limits.bodyTimeout)
    }
}
