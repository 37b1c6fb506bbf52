import Access
import Customers
import GatewayCore
import OpenSSLCrypto
import Synchronization

extension CustomerAPI {
    /// Runs an operation that an `Idempotency-Key` makes safe to send again. Syntax was judged before, everything else comes after:
    /// what was done is answered as it was then, also if it could not be done now.
    ///
    /// Kept is the answer to what was done. What was refused is judged anew each time, since nothing came of it.
    /// - Throws: 409 while the first request is running here; 422 for another body.
    func once(
        _ call: APICall, _ perform: (IdempotentRequest?) async throws(Refusal) -> APIAnswer
    ) async throws(Refusal) -> APIAnswer {
        guard let key = try call.idempotencyKey() else { return try await perform(nil) }
        let request = call.idempotentRequest(key)
        guard running.begin(request) else {
            throw Refusal(
                .idempotencyInProgress, "The first request with this Idempotency-Key is still running.",
                headers: [("retry-after", "1")])
        }
        defer { running.end(request) }
        if let kept = try await stored({ () async throws(StoreError) in try await store.recall(request, at: call.now) }) {
            return APIAnswer(kept)
        }
        return try await perform(request)
    }
}

extension APICall {
    /// The scope is principal, tenant, method and path; of two partners each has keys of its own, and a partner that was given
    /// another tenant does not get answers from the one before. The query counts as part of what is asked: it may name a tenant.
    fileprivate func idempotentRequest(_ key: String) -> IdempotentRequest {
        let principal = grant.principal
        let tenant = grant.objects == .any ? ["any"] : ["own", principal?.tenant ?? ""]
        let scope = [principal?.caller.name ?? "", principal?.subject ?? "", method.name, path, key] + tenant
        return IdempotentRequest(
            scope: Self.digest(scope.map { Array($0.utf8) }), fingerprint: Self.digest([Array((query ?? "").utf8), body]))
    }

    /// SHA-256 over parts of which each begins with its length, so that none can run into the next.
    private static func digest(_ parts: [[UInt8]]) -> [UInt8] {
        let message = parts.flatMap { part in
            (0..<8).map { UInt8(truncatingIfNeeded: part.count >> (56 - 8 * $0)) } + part
        }
        return Digest.hash(.sha256, message)
    }
}

/// The requests with a key that are under way in this process. A second one under the same scope on another node, or after a crash,
/// is decided by the store, in the transaction that would do it.
final class RunningRequests: Sendable {
    private let scopes = Mutex<Set<[UInt8]>>([])

    /// False when one with this scope is running.
    func begin(_ request: IdempotentRequest) -> Bool {
        scopes.withLock { $0.insert(request.scope).inserted }
    }

    func end(_ request: IdempotentRequest) {
        scopes.withLock { _ = $0.remove(request.scope) }
    }
}
