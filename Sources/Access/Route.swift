/// What a route says about signed requests. Only partners can sign.
package enum SignatureRule: String, CaseIterable, Sendable {
    case required, optional, refused
}

/// Where an allowed request goes.
package enum Destination: Hashable, Sendable {
    /// The internal module, in the same process.
    case provisioning
    /// An upstream of the gateway's configuration, by name.
    case upstream(String)

    /// As the policy writes it.
    package var name: String {
        switch self {
        case .provisioning: "provisioning"
        case .upstream(let name): name
        }
    }
}

/// A protocol that a route lets a connection switch to.
package enum Upgrade: String, CaseIterable, Sendable {
    case websocket
}

/// How often one principal may use a route.
package struct RateLimit: Hashable, Sendable {
    /// Requests in one window, at least 1.
    package let requests: Int
    package let windowMilliseconds: Int

    package init(requests: Int, windowMilliseconds: Int) {
        self.requests = requests
        self.windowMilliseconds = windowMilliseconds
    }
}

/// One route of the policy: which requests it matches, what it asks for, and where they go.
package final class Route: Sendable {
    // What every decision reads comes first: these fields share a cache line with the reference count.
    package let index: Int
    /// HEAD is here whenever GET is.
    package let methods: MethodSet
    /// Reads no credential.
    package let isPublic: Bool
    /// Closed to everybody, on purpose.
    package let isClosed: Bool
    package let callers: CallerSet
    package let signed: SignatureRule
    /// Whether a parameter names an owned object.
    package let hasObject: Bool
    /// All of these.
    package let needs: ScopeSet

    package let id: String
    package let pattern: RoutePattern
    /// The parameter of the pattern that names an owned object.
    package let object: String?
    package let idempotencyRequired: Bool
    package let preconditionRequired: Bool
    /// Media types without parameters, lower case; nil: any.
    package let bodyTypes: [String]?
    /// Bytes; nil: the gateway's limit.
    package let bodyLimit: Int?
    package let rate: RateLimit?
    package let timeoutMilliseconds: Int?
    package let upgrade: Upgrade?
    package let because: String?
    package let destination: Destination
    /// Where the route's `id` is.
    package let position: SourcePosition
    /// Where each key that was given stands, by its name.
    package let keyPositions: [String: SourcePosition]

    init(
        index: Int, id: String, methods: MethodSet, pattern: RoutePattern, needs: ScopeSet, object: String?, isPublic: Bool,
        isClosed: Bool, callers: CallerSet, signed: SignatureRule, idempotencyRequired: Bool, preconditionRequired: Bool,
        bodyTypes: [String]?, bodyLimit: Int?, rate: RateLimit?, timeoutMilliseconds: Int?, upgrade: Upgrade?, because: String?,
        destination: Destination, position: SourcePosition, keyPositions: [String: SourcePosition]
    ) {
        self.index = index
        self.id = id
        self.methods = methods
        self.pattern = pattern
        self.needs = needs
        self.object = object
        hasObject = object != nil
        self.isPublic = isPublic
        self.isClosed = isClosed
        self.callers = callers
        self.signed = signed
        self.idempotencyRequired = idempotencyRequired
        self.preconditionRequired = preconditionRequired
        self.bodyTypes = bodyTypes
        self.bodyLimit = bodyLimit
        self.rate = rate
        self.timeoutMilliseconds = timeoutMilliseconds
        self.upgrade = upgrade
        self.because = because
        self.destination = destination
        self.position = position
        self.keyPositions = keyPositions
    }
}
