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
            case .problem(let problem, let failure): return APIAnswer(problem, requestID: call.requestID, failure: failure)
            case .answered(let kept): return APIAnswer(kept)
            }
        }
    }

    private func perform(_ call: APICall) async throws(Refusal) -> APIAnswer {
        if call.path.hasSameBytes(as: Self.collectionPath) {
            switch call.method {
            case .get, .head: return try await list(call)
            case .post: return try await create(call)
            default: throw Self.methodNotAllowed("GET, HEAD, POST")
            }
        }
        guard let id = Self.identifier(in: call.path) else { throw Refusal(.notFound, "There is nothing at this path.") }
        switch call.method {
        case .get, .head: return try await read(id, call)
        case .put: return try await replace(id, call)
        case .patch: return try await patch(id, call)
        case .delete: return try await remove(id, call)
        default: throw Self.methodNotAllowed("GET, HEAD, PUT, PATCH, DELETE")
        }
    }

    /// What stands in the identifier's place, whether it is one or not; nil for paths outside of the collection.
    private static func identifier(in path: String) -> String? {
        guard path.utf8.starts(with: (collectionPath + "/").utf8) else { return nil }
        return String(decoding: path.utf8.dropFirst(collectionPath.utf8.count + 1), as: UTF8.self)
    }

    private static func methodNotAllowed(_ allowed: String) -> Refusal {
        Refusal(.methodNotAllowed, "This path takes \(allowed).", headers: [("allow", allowed)])
    }

    func nextID(at now: Int64) -> CustomerID {
        let random = RandomBytes.generate(10).reduce((high: UInt16(0), low: UInt64(0))) { sum, byte in
            (sum.high << 8 | UInt16(truncatingIfNeeded: sum.low >> 56), sum.low << 8 | UInt64(byte))
        }
        return sequence.withLock { $0.next(at: now, random: random) }
    }
}
