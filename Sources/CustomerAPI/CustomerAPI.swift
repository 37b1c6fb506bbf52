import Access
package import Customers
import GatewayCore
package import OpenSSLCrypto
import Synchronization

/// The customer provisioning API (contract section 9): one call in, one answer out, whatever the store.
///
/// INVARIANT (tenant): whose customers a call can touch comes from its grant alone, never from a body, and from the query only where
/// the grant reaches every tenant.
package final class CustomerAPI: Sendable {
    static let collectionPath = "/api/provisioning/customers"
    static let customerPath = collectionPath + "/{id}"

    let store: any CustomerStore
    let cursors: CursorCodec
    let running = RunningRequests()
    private let sequence = Mutex(CustomerIDSequence())

    /// - Parameter cursorKey: authenticates cursors; the same on every node. A new key makes lists under way start again.
    package init(store: any CustomerStore, cursorKey: HMACKey) {
        self.store = store
        cursors = CursorCodec(key: cursorKey)
    }

    /// Never throws: what goes wrong is an answer too, as a problem document.
    package func handle(_ call: APICall) async -> APIAnswer {
        do throws(Refusal) {
            return try await perform(call)
        } catch {
            switch error {
            case .problem(let problem, let failure):
                var answer = APIAnswer(problem, requestID: call.requestID, failure: failure)
                if problem.code == .notFound { answer.isOthers = await isOthers(call) }
                return answer
            case .answered(let kept): return APIAnswer(kept)
            }
        }
    }

    private func perform(_ call: APICall) async throws(Refusal) -> APIAnswer {
        for operation in Self.all where operation.serves(call.method) {
            if let name = operation.name(in: call.path) { return try await operation.handle(self, name, call) }
        }
        let others = Self.all.filter { $0.name(in: call.path) != nil }
        guard !others.isEmpty else { throw Refusal(.notFound, "There is nothing at this path.") }
        throw Self.methodNotAllowed(others.map(\.declaration.method))
    }

    /// Whether a call that found nothing named another tenant's customer. Asked after every such call, so that none takes longer for it.
    private func isOthers(_ call: APICall) async -> Bool {
        guard case .tenant? = call.scope, let name = Self.readCustomer.name(in: call.path), let id = CustomerID(name) else { return false }
        return (try? await store.find(id, in: .any)) != nil
    }

    private static func methodNotAllowed(_ methods: [Method]) -> Refusal {
        let allowed = methods.flatMap { $0 == .get ? ["GET", "HEAD"] : [$0.name] }.joined(separator: ", ")
        return Refusal(.methodNotAllowed, "This path takes \(allowed).", headers: [("allow", allowed)])
    }

    func nextID(at now: Int64) -> CustomerID {
        let random = RandomBytes.generate(10).reduce((high: UInt16(0), low: UInt64(0))) { sum, byte in
            (sum.high << 8 | UInt16(truncatingIfNeeded: sum.low >> 56), sum.low << 8 | UInt64(byte))
        }
        return sequence.withLock { $0.next(at: now, random: random) }
    }
}
