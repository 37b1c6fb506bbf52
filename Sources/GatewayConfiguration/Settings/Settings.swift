package import Access

/// The effective configuration of one gateway: every key of the contract's table, typed and checked.
package struct Settings: Sendable {
    package enum LogLevel: String, CaseIterable, Sendable { case trace, debug, info, notice, warning, error, critical }
    package enum LogFormat: String, CaseIterable, Sendable { case text, json }

    /// Where decisions are written.
    package enum DecisionLog: Sendable, Equatable {
        case file(path: String)
        case standardOutput
        case off
    }

    /// PEM files; the key is as private as a key of the keys folder.
    package struct TLS: Sendable, Equatable {
        package let certificate: String
        package let key: String
        /// Who signs the certificates of clients; nil: clients show none.
        package let clientCA: String?
    }

    /// At least one.
    package let listen: [ListenAddress]
    /// Nil: no admin listener.
    package let admin: ListenAddress?
    package let issuer: String
    /// Whether `issuer` follows from the first listen address, so that the port it names is 0 when that one is.
    package let isIssuerDerived: Bool
    package let audience: String
    /// Path of the policy file.
    package let policy: String
    /// Path of the keys folder.
    package let keys: String
    package let store: StoreLocation
    /// Event loops, 1 to 1024.
    package let threads: Int
    package let logLevel: LogLevel
    package let logFormat: LogFormat
    package let decisions: DecisionLog
    package let tls: TLS?
    package let trustedProxies: [CIDR]
    /// The listener of decision mode; nil: off.
    package let decide: ListenAddress?
    /// Path of a candidate policy evaluated beside the live one.
    package let shadowPolicy: String?
    package let insecureHttp: Bool
    /// Empty: any Host.
    package let hosts: [HostPattern]
    package let sessions: SessionSettings
    /// In the order of the file.
    package let upstreams: [UpstreamSettings]
    package let limits: LimitSettings

    /// Of the public listeners.
    package var scheme: String { tls == nil ? "http" : "https" }

    /// What a policy may name in `to:` beside `provisioning`.
    package var upstreamNames: Set<String> { Set(upstreams.map(\.name)) }

    /// The keys folder with what the environment adds to it.
    package func keyFolder(environment: [String: String]) -> KeyFolder {
        KeyFolder(path: keys, sessionSecretsPath: sessions.secrets, environment: environment)
    }
}
