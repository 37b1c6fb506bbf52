import Access
import GatewayCore
import SharedState
import StrictJSON

/// What the admin address answers; it never stands on the public listener.
struct AdminEndpoints: Sendable {
    let services: Services
    let snapshot: Snapshot

    func answer(_ method: Method?, path: String, requestID: String) async -> Answer {
        guard method == .get || method == .head else {
            let problem = Problem(.methodNotAllowed, "This path has GET, HEAD.", headers: [("allow", "GET, HEAD")])
            return Answer(problem, requestID: requestID)
        }
        switch path {
        case "/healthz": return Answer(json: JSONValue.object([("status", "ok")]).utf8())
        case "/readyz":
            if await services.isStoreReady() { return Answer(json: JSONValue.object([("status", "ready")]).utf8()) }
            return Answer(Problem(.storeUnavailable, "The store does not answer.", headers: [("retry-after", "1")]), requestID: requestID)
        case "/status": return Answer(json: status.utf8(pretty: true))
        default: return Answer(Problem(.notFound, "The admin address has /healthz, /readyz and /status."), requestID: requestID)
        }
    }

    private var status: JSONValue {
        .object([
            ("policy", .object([("digest", .string(snapshot.policy.digest)), ("loaded", .integer(snapshot.loaded))])),
            ("partners", .integer(Int64(snapshot.partners.count))),
            ("revocations", services.revocations.map { Self.value($0.state) } ?? .null),
            ("decisions_unwritten", .integer(Int64(services.decisions.unwritten))),
        ])
    }

    private static func value(_ state: RevocationWatch.State) -> JSONValue {
        .object([("count", .integer(Int64(state.list.count))), ("read", state.read.map { .integer($0) } ?? .null)])
    }
}
