import Access
import GatewayCore
import SharedState
import StrictJSON

/// What the admin address answers; it never stands on the public listener.
struct AdminEndpoints: Sendable {
    private enum Path: String, CaseIterable {
        case health = "/healthz"
        case readiness = "/readyz"
        case metrics = "/metrics"
        case status = "/status"
        case reload = "/reload"

        var methods: MethodSet { self == .reload ? MethodSet(.post) : MethodSet([MethodSet(.get), MethodSet(.head)]) }
    }

    let services: Services
    let snapshot: Snapshot

    func answer(_ method: Method?, path: String, requestID: String) async -> Answer {
        guard let path = Path(rawValue: path) else {
            let paths = Path.allCases.map(\.rawValue).joined(separator: ", ")
            return Answer(Problem(.notFound, "The admin address has \(paths)."), requestID: requestID)
        }
        guard let method, path.methods.contains(method) else {
            let list = path.methods.list
            return Answer(Problem(.methodNotAllowed, "This path has \(list).", headers: [("allow", list)]), requestID: requestID)
        }
        switch path {
        case .health: return Answer(json: JSONValue.object([("status", "ok")]).utf8())
        case .readiness: return await readiness(requestID)
        case .metrics:
            let text = await MetricsReport(services: services, snapshot: snapshot).text()
            return Answer(status: 200, headers: [("content-type", MetricsText.contentType), ("cache-control", "no-store")], body: text)
        case .status:
            let status = await StatusReport(services: services, snapshot: snapshot).json()
            return Answer(json: status.utf8(pretty: true), headers: [("cache-control", "no-store")])
        case .reload: return await reload(requestID)
        }
    }

    private func readiness(_ requestID: String) async -> Answer {
        let retry = [("retry-after", "1")]
        if services.operations.isStartBad {
            let problem = Problem(
                .overloaded, "The policy, keys or partners on disk could not be loaded at start; /status says why.", headers: retry)
            return Answer(problem, requestID: requestID)
        }
        guard await services.isStoreReady() else {
            return Answer(Problem(.storeUnavailable, "The store does not answer.", headers: retry), requestID: requestID)
        }
        return Answer(json: JSONValue.object([("status", "ready")]).utf8())
    }

    private func reload(_ requestID: String) async -> Answer {
        guard let reload = await services.operations.reload() else {
            return Answer(Problem(.notFound, "This gateway was started without files to reload."), requestID: requestID)
        }
        let problems = JSONValue.array(reload.diagnostics.map(\.member))
        switch reload.outcome {
        case .reloaded:
            return Answer(
                json: JSONValue.object([
                    ("outcome", .string(reload.outcome.rawValue)), ("policy", reload.digestOnDisk.map { .string($0) } ?? .null),
                    ("problems", problems),
                ]).utf8(pretty: true)
            )
        case .refused:
            let problem = Problem(
                .validation, "Something on disk cannot be used; what was in force before still is.",
                members: [("outcome", .string(reload.outcome.rawValue)), ("errors", problems)]
            )
            return Answer(problem, requestID: requestID)
        }
    }
}
