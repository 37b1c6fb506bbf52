package import Access

/// The `limits` of the configuration: what one client may take of the gateway.
package struct LimitSettings: Sendable {
    package enum Decisions: String, CaseIterable, Sendable { case all, denied }
    package enum OnAuditFailure: String, CaseIterable, Sendable { case refuse, `continue` }

    /// Lifetime of an access token, 1 s to 3600 s.
    package let tokenLifetime: TimeSpan
    /// The whole header block, bytes.
    package let headers: Int
    /// Headers in one request.
    package let headerCount: Int
    /// The request target, bytes.
    package let target: Int
    /// A body, where the route says nothing else, bytes.
    package let body: Int
    package let headTimeout: TimeSpan
    package let bodyTimeout: TimeSpan
    package let idleTimeout: TimeSpan
    /// On all listeners together.
    package let connections: Int
    package let connectionsPerAddress: Int
    /// Nil: unlimited.
    package let requestsPerConnection: Int?
    /// Per principal, where the route says nothing else; nil: off.
    package let rate: RateLimit?
    /// Which decisions are logged.
    package let decisions: Decisions
    package let onAuditFailure: OnAuditFailure

    init(_ reader: inout SettingsReader) {
        let section = reader.section(
            "limits",
            keys: [
                "tokenLifetime", "headers", "headerCount", "target", "body", "headTimeout", "bodyTimeout", "idleTimeout", "connections",
                "connectionsPerAddress", "requestsPerConnection", "rate", "decisions", "onAuditFailure",
            ]
        )
        let timeouts = TimeSpan(milliseconds: 10)...TimeSpan.days(1)
        tokenLifetime = reader.value("tokenLifetime", in: section, default: .seconds(600), range: .seconds(1)...(.seconds(3600)))
        headers = reader.value("headers", in: section, default: ByteSize.kib(32), range: .kib(1)...(.mib(1))).bytes
        headerCount = reader.value("headerCount", in: section, default: WholeNumber(100), range: .init(10)...(.init(1000))).value
        target = reader.value("target", in: section, default: ByteSize.kib(8), range: ByteSize(bytes: 256)...(.kib(64))).bytes
        body = reader.value("body", in: section, default: ByteSize.mib(1), range: ByteSize(bytes: 0)...(.gib(64))).bytes
        headTimeout = reader.value("headTimeout", in: section, default: .seconds(10), range: timeouts)
        bodyTimeout = reader.value("bodyTimeout", in: section, default: .seconds(30), range: timeouts)
        idleTimeout = reader.value("idleTimeout", in: section, default: .seconds(60), range: timeouts)
        let counts = WholeNumber(1)...WholeNumber(1_000_000)
        connections = reader.value("connections", in: section, default: WholeNumber(10000), range: counts).value
        connectionsPerAddress = reader.value("connectionsPerAddress", in: section, default: WholeNumber(1000), range: counts).value
        requestsPerConnection =
            reader.value(
                "requestsPerConnection", in: section, default: Switchable<WholeNumber, Unlimited>(nil),
                check: { $0.value.map { $0.value >= 1 } ?? true ? nil : ValueError("must be at least 1, or `unlimited`") }
            ).value?.value
        rate = reader.value("rate", in: section, default: Switchable<RateLimit, Off>(nil)).value
        decisions = reader.value("decisions", in: section, default: Choice(Decisions.all)).value
        onAuditFailure = reader.value("onAuditFailure", in: section, default: Choice(OnAuditFailure.refuse)).value
    }
}
