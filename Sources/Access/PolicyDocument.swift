/// A value and where it stands.
struct Located<Value: Sendable>: Sendable {
    let value: Value
    let position: SourcePosition
}

extension Located: Equatable where Value: Equatable {}

/// The policy as it is written: well-formed, but not yet known to make sense. Names are still names.
struct PolicyDocument: Sendable {
    struct ScopeEntry: Sendable {
        let name: Located<String>
        let summary: String
    }

    struct RoleEntry: Sendable {
        let name: Located<String>
        let includes: [Located<String>]
        let grants: [Located<String>]
        let objects: ObjectReach
    }

    struct CallerEntry: Sendable {
        let name: Located<String>
        let via: Located<Via>
        let roles: [Located<String>]
    }

    struct RouteEntry: Sendable {
        let id: Located<String>
        let methods: MethodSet
        let path: Located<RoutePattern>
        /// Nil: not given, which is not the same as none.
        let needs: [Located<String>]?
        let object: Located<String>?
        let isPublic: Bool
        let isClosed: Bool
        let callers: [Located<String>]?
        let signed: SignatureRule
        let idempotencyRequired: Bool
        let preconditionRequired: Bool
        let bodyTypes: [String]?
        let bodyLimit: Int?
        let rate: RateLimit?
        let timeoutMilliseconds: Int?
        let upgrade: Upgrade?
        let because: String?
        /// Nil on a closed route.
        let to: Located<String>?
        let keyPositions: [String: SourcePosition]
        /// Every value that was given is usable.
        let isSound: Bool
    }

    struct DenyEntry: Sendable {
        let id: Located<String>
        let because: String?
        /// Nil: the key was not given. Never empty.
        let callers: [Located<String>]?
        let partners: [String]?
        let subjects: [String]?
        let roles: [Located<String>]?
        let scopes: [Located<String>]?
        let routes: [Located<String>]?
        let networks: [CIDR]?
        let keyPositions: [String: SourcePosition]
    }

    struct TestEntry: Sendable {
        let subject: TestSubject
        let may: [TestTarget]
        let mayNot: [TestTarget]
    }

    struct TestSubject: Sendable {
        enum Identity: Sendable {
            case partner(id: String)
            case caller(Located<String>)
            case anonymous
        }

        let identity: Identity
        let position: SourcePosition
        let roles: [Located<String>]
        /// Nil: all that the roles grant.
        let scopes: [Located<String>]?
        let tenant: String?
        let subject: String?
        let network: IPAddress?
    }

    struct TestTarget: Sendable {
        let route: String
        /// Nil: the route was named alone.
        let ownership: Ownership?
        let position: SourcePosition
        /// As written.
        let text: String
    }

    /// The names of a section, those of unusable entries too: a name that stands there is not undefined, whatever else is wrong.
    struct Section: Sendable {
        var names: Set<String> = []
        /// Whether the section, if there is one, could be read as far as the names.
        var isReadable = true
    }

    var sections: [String: Section] = [:]
    var scopes: [ScopeEntry] = []
    var roles: [RoleEntry] = []
    var callers: [CallerEntry] = []
    var routes: [RouteEntry] = []
    var deny: [DenyEntry] = []
    var tests: [TestEntry] = []
}
