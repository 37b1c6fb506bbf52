import GatewayConfiguration

@testable import Access

/// A small random policy that can be changed a little.
struct PolicySketch {
    struct Role { var grants: [String], includes: [String], isAny: Bool }
    struct Route { var id: String, method: String, path: String, object: String?, needs: [String], extra: String }

    static let roleNames = ["r0", "r1", "r2"]
    static let scopes = ["s", "t"]
    static let partners = ["p1", "p2", "p3"]
    static let subjects = ["u1", "u2"]
    static let addresses = [nil, "10.1.0.1", "10.2.0.1"]

    var roles: [Role] = []
    var callers: [[String]] = []
    var routes: [Route] = []
    var deny: [String] = []

    init(_ generator: inout SeededGenerator) {
        for index in Self.roleNames.indices { roles.append(Self.role(index, &generator)) }
        callers = [Self.some(Self.roleNames, &generator), Self.some(Self.roleNames, &generator)]
        for index in 0..<Int.random(in: 2...5, using: &generator) { routes.append(Self.route("q\(index)", &generator)) }
        for _ in 0..<Int.random(in: 0...2, using: &generator) { deny.append(Self.condition(&generator)) }
    }

    /// One change, of a kind that people make.
    mutating func mutate(_ generator: inout SeededGenerator) {
        switch Int.random(in: 0..<7, using: &generator) {
        case 0:
            let index = roles.indices.randomElement(using: &generator) ?? 0
            roles[index] = Self.role(index, &generator)
        case 1: callers[Int.random(in: 0...1, using: &generator)] = Self.some(Self.roleNames, &generator)
        case 2: routes[routes.indices.randomElement(using: &generator) ?? 0] = Self.route("q9", &generator)
        case 3: routes.append(Self.route("q8", &generator))
        case 4 where routes.count > 1: routes.removeLast()
        case 5 where !deny.isEmpty: deny.removeLast()
        default: deny.append(Self.condition(&generator))
        }
    }

    /// Nil when it does not load: overlapping routes, routes that nobody can call.
    func compile() -> Policy? {
        var lines = ["policy: 1", "scopes: {s: S, t: T}", "roles:"]
        for (name, role) in zip(Self.roleNames, roles) {
            lines.append(
                "  \(name): {grants: [\(role.grants.joined(separator: ", "))], includes: [\(role.includes.joined(separator: ", "))], "
                    + "objects: \(role.isAny ? "any" : "own")}"
            )
        }
        lines.append("callers:")
        lines.append("  partner: {via: partner-token, roles: [\(callers[0].joined(separator: ", "))]}")
        lines.append("  staff: {via: session, roles: [\(callers[1].joined(separator: ", "))]}")
        lines.append("routes:")
        for route in routes {
            let needs = route.extra.contains("public") ? "" : ", needs: [\(route.needs.joined(separator: ", "))]"
            let object = route.extra.contains("public") ? "" : route.object.map { ", object: \($0)" } ?? ""
            lines.append(
                "  - {id: \(route.id), methods: [\(route.method)], path: '\(route.path)', to: provisioning\(needs)\(object)\(route.extra)}")
        }
        if !deny.isEmpty { lines.append("deny:") }
        for (index, when) in deny.enumerated() { lines.append("  - {id: d\(index), when: {\(when)}}") }
        return PolicyFixture.compile(lines.joined(separator: "\n")).policy
    }

    static func policy(_ generator: inout SeededGenerator) -> Policy {
        while true {
            if let policy = PolicySketch(&generator).compile() { return policy }
        }
    }

    /// Two policies that differ by a few changes.
    static func pair(_ generator: inout SeededGenerator) -> (Policy, Policy) {
        while true {
            var sketch = PolicySketch(&generator)
            guard let old = sketch.compile() else { continue }
            for _ in 0..<Int.random(in: 1...3, using: &generator) { sketch.mutate(&generator) }
            if let new = sketch.compile() { return (old, new) }
        }
    }

    // MARK: - Parts

    private static func role(_ index: Int, _ generator: inout SeededGenerator) -> Role {
        // Both scopes are granted by somebody, or no policy would load.
        let grants = index < 2 ? [scopes[index]] : some(scopes, &generator)
        return Role(
            grants: grants, includes: index == 2 ? some(["r0", "r1"], &generator) : [], isAny: Int.random(in: 0..<3, using: &generator) == 0
        )
    }

    private static func route(_ id: String, _ generator: inout SeededGenerator) -> Route {
        let path =
            ["/", "/a", "/b", "/{x}", "/a/{x}", "/a/b", "/{x}/b", "/{x}/{y}", "/{x...}", "/a/{x...}"].randomElement(using: &generator)
            ?? "/"
        let extra = ["", "", "", ", callers: [partner]", ", callers: [staff]", ", signed: required", ", signed: refused", ", public: true"]
        let hasObject = path.contains("{x}") && Bool.random(using: &generator)
        return Route(
            id: id, method: ["GET", "POST"].randomElement(using: &generator) ?? "GET", path: path, object: hasObject ? "x" : nil,
            needs: some(scopes, &generator), extra: extra.randomElement(using: &generator) ?? ""
        )
    }

    private static func condition(_ generator: inout SeededGenerator) -> String {
        let keys = [
            "caller: partner", "caller: staff", "partner: p1", "partner: [p1, p2]", "subject: u1", "role: r0", "role: [r1, r2]", "scope: s",
            "scope: [s, t]", "route: q0", "route: [q0, q1]", "network: 10.0.0.0/8", "network: 10.1.0.0/16",
        ]
        var chosen: [String: String] = [:]
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let key = keys.randomElement(using: &generator) ?? keys[0]
            chosen[String(key.prefix { $0 != ":" })] = key
        }
        return chosen.values.sorted().joined(separator: ", ")
    }

    private static func some(_ names: [String], _ generator: inout SeededGenerator) -> [String] {
        names.filter { _ in Int.random(in: 0..<3, using: &generator) > 0 }
    }
}

/// SplitMix64: small, and the same on every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// Everybody who could ask, one after the other.
struct Asker {
    let via: Via?
    let roles: [String]
    let partner: String?
    let subject: String?
    let address: String?
    let isSigned: Bool
    let isOther: Bool

    static let all: [Asker] = {
        var result: [Asker] = []
        let roleSets = (0..<8).map { bits in (0..<3).filter { bits >> $0 & 1 == 1 }.map { PolicySketch.roleNames[$0] } }
        for address in PolicySketch.addresses {
            result.append(Asker(via: nil, roles: [], partner: nil, subject: nil, address: address, isSigned: false, isOther: false))
            for roles in roleSets {
                for isOther in [false, true] {
                    for partner in PolicySketch.partners {
                        for (isSigned, subject) in [(false, partner), (true, partner), (false, "u1"), (true, "u1")] {
                            result.append(
                                Asker(
                                    via: .partnerToken, roles: roles, partner: partner, subject: subject, address: address,
                                    isSigned: isSigned,
                                    isOther: isOther
                                )
                            )
                        }
                    }
                    for subject in PolicySketch.subjects {
                        result.append(
                            Asker(
                                via: .session, roles: roles, partner: nil, subject: subject, address: address, isSigned: false,
                                isOther: isOther
                            )
                        )
                    }
                }
            }
        }
        return result
    }()

    var callerName: String {
        switch via {
        case nil: "anonymous"
        case .partnerToken: "partner"
        case .session: "staff"
        }
    }

    /// The route that allows the request, if one does.
    func allowed(_ method: Access.Method, _ path: String, by policy: Policy) -> Route? {
        guard case .found(let route) = policy.lookup(method, path: path.utf8.span) else { return nil }
        return decide(route, by: policy).isAllowed ? route : nil
    }

    func decide(_ route: Route, by policy: Policy) -> Decision {
        let context = AccessContext(network: address.flatMap { IPAddress($0) }, isSigned: isSigned, ownership: isOther ? .other : .own)
        guard let caller = via.flatMap({ policy.caller(via: $0) }) else { return policy.decide(nil, on: route, in: context) }
        let set = policy.roles(named: roles, for: caller)
        let principal = Principal(
            asserting: caller, subject: subject ?? "", partner: partner, tenant: "tenant", roles: set,
            scopes: policy.scopes(grantedTo: set),
            objects: policy.objects(of: set), tokenID: nil, expires: 0
        )
        return policy.decide(principal, on: route, in: context)
    }
}
