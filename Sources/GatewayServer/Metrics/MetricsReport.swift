import Access
import GatewayCore
import SharedState

/// Everything that `/metrics` tells, gathered from all event loops.
struct MetricsReport {
    let services: Services
    let snapshot: Snapshot

    func text() async -> [UInt8] {
        let samples = await services.operations.samples()
        var text = MetricsText()
        writeRequests(samples, to: &text)
        writeTokens(samples, to: &text)
        writeUpstreams(samples, to: &text)
        writeState(samples, to: &text)
        ProcessFacts().write(to: &text)
        return text.bytes
    }

    private func writeRequests(_ samples: [LoopSample], to text: inout MetricsText) {
        var requests: [RequestMetrics.RequestLabels: UInt64] = [:]
        for sample in samples {
            for (labels, count) in sample.requests.requestCounts { requests[labels, default: 0] += count }
        }
        text.begin("gatehouse_requests_total", .counter, "Requests on the public address, by what was decided and answered.")
        for (labels, count) in requests.sorted(by: { $0.key < $1.key }) {
            text.add(
                "gatehouse_requests_total",
                [
                    ("route", labels.route), ("decision", labels.isAllowed ? "allow" : "deny"), ("reason", labels.reason.rawValue),
                    ("status", String(labels.status)),
                ], count
            )
        }
        text.begin("gatehouse_request_duration_seconds", .histogram, "From a request's head to its answer's.")
        text.addHistogram("gatehouse_request_duration_seconds", samples.durations)
        text.begin("gatehouse_shadow_disagreements_total", .counter, "Requests that the shadow policy would decide otherwise.")
        let disagreements = services.shadow.totals.map { ([("route", $0.route), ("live", $0.live), ("shadow", $0.shadow)], $1) }
        for (labels, count) in disagreements.sorted(by: { "\($0.0)" < "\($1.0)" }) {
            text.add("gatehouse_shadow_disagreements_total", labels, count)
        }
        text.begin("gatehouse_connections", .gauge, "Open connections, those of the admin address included.")
        text.add("gatehouse_connections", Int64(samples.reduce(0) { $0 + $1.connections }))
    }

    private func writeTokens(_ samples: [LoopSample], to text: inout MetricsText) {
        let memory = samples.tokenMemory
        for (name, help, count) in [
            ("gatehouse_token_cache_hits_total", "Presented tokens that were verified before.", memory.hits),
            ("gatehouse_token_cache_misses_total", "Presented tokens that had to be verified, bad ones included.", memory.misses),
            ("gatehouse_token_cache_evictions_total", "Verified tokens that others took the place of.", memory.evictions),
        ] {
            text.begin(name, .counter, help)
            text.add(name, count)
        }
        text.begin("gatehouse_token_cache_entries", .gauge, "Verified tokens in memory.")
        text.add("gatehouse_token_cache_entries", Int64(memory.entries))
    }

    private func writeUpstreams(_ samples: [LoopSample], to text: inout MetricsText) {
        let servers = samples.servers
        func write(_ name: String, _ kind: MetricsText.Kind, _ help: String, _ value: (LoopSample.Server) -> UInt64) {
            text.begin(name, kind, help)
            for server in servers { text.add(name, [("upstream", server.upstream), ("server", server.name)], value(server)) }
        }
        write("gatehouse_upstream_answers_total", .counter, "Answers of the server.") { $0.answers }
        write("gatehouse_upstream_failures_total", .counter, "Connections and requests that failed.") { $0.failures }
        write("gatehouse_upstream_connections", .gauge, "Connections, open or being opened.") { UInt64(clamping: $0.connections) }
        write("gatehouse_upstream_outstanding", .gauge, "Requests under way.") { UInt64(clamping: $0.outstanding) }
        write("gatehouse_upstream_healthy", .gauge, "1 while requests go to the server, 0 while it is left out.") { $0.isAvailable ? 1 : 0 }
    }

    private func writeState(_ samples: [LoopSample], to text: inout MetricsText) {
        let operations = services.operations
        text.begin("gatehouse_reloads_total", .counter, "Reloads of policy, keys and partners.")
        for (outcome, count) in operations.reloadCounts { text.add("gatehouse_reloads_total", [("outcome", outcome.rawValue)], count) }
        text.begin("gatehouse_policy_stale", .gauge, "1 while what is on disk cannot be used and an earlier state is in force.")
        text.add("gatehouse_policy_stale", Int64(operations.isStale ? 1 : 0))
        text.begin("gatehouse_policy_info", .gauge, "The policy in force.")
        text.add("gatehouse_policy_info", [("digest", snapshot.policy.digest)], Int64(1))
        text.begin("gatehouse_policy_loaded_timestamp_seconds", .gauge, "When it was loaded, unix time.")
        text.add("gatehouse_policy_loaded_timestamp_seconds", snapshot.loaded)
        text.begin("gatehouse_build_info", .gauge, "This program.")
        text.add("gatehouse_build_info", [("version", operations.version)], Int64(1))
        text.begin(
            "gatehouse_decisions_unwritten_total", .counter,
            "Decision records that could not be written when they were made, those that were written later included."
        )
        text.add("gatehouse_decisions_unwritten_total", Int64(services.decisions.unwritten))
        text.begin("gatehouse_decisions_failing", .gauge, "1 while decision records cannot be written.")
        text.add("gatehouse_decisions_failing", Int64(services.decisions.isFailing ? 1 : 0))
        guard let revocations = services.revocations?.state else { return }
        text.begin("gatehouse_revocations", .gauge, "Revocations in force.")
        text.add("gatehouse_revocations", Int64(revocations.list.count))
        text.begin("gatehouse_revocations_age_seconds", .gauge, "Since the store was last asked for revocations and answered.")
        text.add("gatehouse_revocations_age_seconds", seconds: revocations.ageSeconds ?? .nan)
    }
}

extension RevocationWatch.State {
    /// Since the last answer of the store; nil before the first.
    var ageSeconds: Double? {
        // The moment is kept in whole seconds.
        read.map { max(0, Double(WallClock.now() / 1_000_000_000 - $0)) }
    }
}

extension RequestMetrics.RequestLabels: Comparable {
    static func < (left: Self, right: Self) -> Bool {
        (left.route, left.status, left.reason.rawValue, left.isAllowed ? 1 : 0)
            < (right.route, right.status, right.reason.rawValue, right.isAllowed ? 1 : 0)
    }
}
