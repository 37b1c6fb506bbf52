import Access
import GatewayConfiguration

/// What a decision costs with many routes, beside one with few.
struct PolicyScale {
    private static let most = 10_000

    private let small: Policy
    private let large: Policy

    init() throws {
        small = try Self.policy(routes: 10)
        large = try Self.policy(routes: Self.most)
    }

    /// Routes `/g…/s…/{id}` that a partner may read.
    static func policy(routes count: Int) throws -> Policy {
        let routes = (0..<count).map { number in
            #"  - { id: r\#(number), methods: [GET], path: "\#(prefix(number))/{id}", needs: [customers:read], to: provisioning }"#
        }
        let text = """
            policy: 1
            scopes: { customers:read: Look }
            roles: { partner-writer: { grants: [customers:read] } }
            callers: { partner: { via: partner-token, roles: [partner-writer] } }
            routes:
            """
        let load = PolicyFile.compile(Array((text + "\n" + routes.joined(separator: "\n")).utf8), file: "measured.yaml", upstreams: [])
        guard let policy = load.policy else { throw Desk.Failure(description: "\(load.diagnostics)") }
        return policy
    }

    private static func prefix(_ number: Int) -> String { "/g\(number % 97)/s\(number)" }

    /// `same`: both are asked for the ten routes that both have. `all`: the large one for every route it has, most of which have left the
    /// caches of the processor by then.
    ///
    /// Medians. All are asked about as many paths, each with bytes of its own, in an order of chance, so that only the tables differ.
    func ratios(runs: Int) throws -> (same: Double, all: Double) {
        var system = SystemRandomNumberGenerator()
        let paths = { (routes: Int) in
            (0..<Self.most).map { Array("\(Self.prefix($0 % routes))/acme".utf8) }.shuffled(using: &system)
        }
        let (few, many) = (paths(10), paths(Self.most))
        var ratios: (same: [Double], all: [Double]) = ([], [])
        for _ in 0..<runs {
            let base = try Self.nanoseconds(small, few)
            ratios.same.append(try Self.nanoseconds(large, few) / base)
            ratios.all.append(try Self.nanoseconds(large, many) / base)
        }
        return (Timing.median(ratios.same), Timing.median(ratios.all))
    }

    private static func nanoseconds(_ policy: Policy, _ paths: [[UInt8]]) throws -> Double {
        guard let caller = policy.caller(via: .partnerToken) else { throw Desk.Failure(description: "no caller") }
        let roles = policy.roles(named: ["partner-writer"], for: caller)
        let principal = Principal(
            asserting: caller, subject: "acme", partner: "acme", tenant: "acme", roles: roles, scopes: policy.scopes(grantedTo: roles),
            objects: policy.objects(of: roles), tokenID: nil, expires: .max
        )
        let context = AccessContext(network: nil, isSigned: false, ownership: .unknown)
        return try Timing.median(of: 5, each: 1) {
            for path in paths {
                guard case .found(let route) = policy.lookup(.get, path: path.span),
                    case .allow = policy.decide(principal, on: route, in: context)
                else { throw Desk.Failure(description: "not allowed") }
            }
        }
    }
}
