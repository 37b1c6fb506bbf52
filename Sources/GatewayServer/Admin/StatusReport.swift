import Access
import GatewayCore
import SharedState
import StrictJSON
import Tokens

/// Everything that `/status` tells. Names and times; never a secret.
struct StatusReport {
    let services: Services
    let snapshot: Snapshot

    func json() async -> JSONValue {
        let now = WallClock.now() / 1_000_000_000
        let operations = services.operations
        let samples = await operations.samples()
        let isStoreReady = await services.isStoreReady()
        return .object([
            ("version", .string(operations.version)),
            ("started", .integer(operations.started)),
            ("uptime_seconds", .integer(now - operations.started)),
            ("policy", policy),
            ("keys", .array(snapshot.keys.map { key($0, at: now) })),
            ("partners", partners),
            ("upstreams", upstreams(samples.servers)),
            ("store", .object([("reachable", .bool(isStoreReady))])),
            ("revocations", services.revocations.map { revocations($0.state) } ?? .null),
            (
                "decisions",
                .object([
                    ("enabled", .bool(!services.decisions.isOff)), ("failing", .bool(services.decisions.isFailing)),
                    ("unwritten", .integer(Int64(services.decisions.unwritten))),
                ])
            ),
        ])
    }

    private var policy: JSONValue {
        let last = services.operations.lastReload
        let isStale = services.operations.isStale
        return .object([
            ("digest", .string(snapshot.policy.digest)),
            ("loaded", .integer(snapshot.loaded)),
            ("stale", .bool(isStale)),
            ("on_disk", (isStale ? last?.digestOnDisk : snapshot.policy.digest).map { .string($0) } ?? .null),
            ("errors", .array(isStale ? (last?.diagnostics ?? []).filter { $0.severity == .error }.map(\.member) : [])),
            ("last_reload", last.map { .object([("at", .integer($0.at)), ("outcome", .string($0.outcome.rawValue))]) } ?? .null),
        ])
    }

    private func key(_ key: KeyStatus, at now: Int64) -> JSONValue {
        .object([
            ("kid", .string(key.id)), ("use", .string(key.purpose.rawValue)), ("alg", .string(key.algorithm)),
            ("state", .string(key.state(at: now).rawValue)), ("created", key.created.map { .integer($0) } ?? .null),
            ("retired", key.retired.map { .integer($0) } ?? .null),
            ("last_used", key.use.last.map { .integer($0) } ?? .null),
        ])
    }

    private var partners: JSONValue {
        let all = snapshot.partners.partners
        return .object([
            ("count", .integer(Int64(all.count))),
            ("enabled", .integer(Int64(all.count { $0.isEnabled }))),
            ("list", .array(all.map { .object([("id", .string($0.id)), ("enabled", .bool($0.isEnabled))]) })),
        ])
    }

    private func upstreams(_ servers: [LoopSample.Server]) -> JSONValue {
        .array(
            services.upstreams.sorted { $0.name < $1.name }.map { upstream in
                .object([
                    ("name", .string(upstream.name)),
                    (
                        "servers",
                        .array(
                            servers.filter { $0.upstream == upstream.name }.map { server in
                                .object([
                                    ("server", .string(server.name)), ("healthy", .bool(server.isAvailable)),
                                    ("connections", .integer(Int64(server.connections))),
                                    ("outstanding", .integer(Int64(server.outstanding))),
                                    ("answers", .integer(Int64(clamping: server.answers))),
                                    ("failures", .integer(Int64(clamping: server.failures))),
                                ])
                            }
                        )
                    ),
                ])
            }
        )
    }

    private func revocations(_ state: RevocationWatch.State) -> JSONValue {
        .object([
            ("count", .integer(Int64(state.list.count))), ("read", state.read.map { .integer($0) } ?? .null),
            ("age_seconds", state.ageSeconds.map { .integer(Int64($0)) } ?? .null),
        ])
    }
}

extension Diagnostic {
    /// As commands show it with `--json`.
    var member: JSONValue {
        .object([
            ("file", .string(file)), ("line", line == 0 ? .null : .integer(Int64(line))),
            ("column", column == 0 ? .null : .integer(Int64(column))), ("severity", .string(severity.rawValue)),
            ("message", .string(message)), ("suggestion", suggestion.map { .string($0) } ?? .null),
        ])
    }
}
