import GatewayCore

/// What one event loop knows when it is asked.
package struct LoopSample: Sendable {
    struct Server: Sendable {
        let upstream: String
        let name: String
        var answers: UInt64
        var failures: UInt64
        var connections: Int
        var outstanding: Int
        /// Whether requests go there.
        var isAvailable: Bool
    }

    var requests: RequestMetrics
    var tokenMemory: TokenMemoryCounts
    var connections: Int
    var servers: [Server]
}

extension LoopContext {
    var sample: LoopSample {
        var memory = gatekeeper.tokenMemory
        memory.addTotals(of: pastTokenMemory)
        let now = WallClock.coarse()
        let servers = pools.values.sorted { $0.target.name < $1.target.name }.flatMap { pool in
            pool.servers.map { server in
                LoopSample.Server(
                    upstream: pool.target.name, name: server.address.authority, answers: server.answers, failures: server.allFailures,
                    connections: server.connections, outstanding: server.outstanding,
                    isAvailable: server.isHealthy && server.ejectedUntil <= now
                )
            }
        }
        return LoopSample(requests: metrics, tokenMemory: memory, connections: connections.count, servers: servers)
    }
}

extension [LoopSample] {
    /// Each server once: numbers added up; available where every loop sends requests to it.
    var servers: [LoopSample.Server] {
        guard var all = first?.servers else { return [] }
        for sample in dropFirst() {
            for (index, server) in sample.servers.enumerated() where index < all.count {
                all[index].answers &+= server.answers
                all[index].failures &+= server.failures
                all[index].connections += server.connections
                all[index].outstanding += server.outstanding
                all[index].isAvailable = all[index].isAvailable && server.isAvailable
            }
        }
        return all
    }

    var tokenMemory: TokenMemoryCounts {
        reduce(into: TokenMemoryCounts()) { all, sample in
            all.addTotals(of: sample.tokenMemory)
            all.entries += sample.tokenMemory.entries
        }
    }

    var durations: DurationHistogram { reduce(into: DurationHistogram()) { $0.add($1.requests.durations) } }
}
