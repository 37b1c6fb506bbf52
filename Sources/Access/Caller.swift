/// Which credential speaks for a caller.
package enum Via: String, CaseIterable, Sendable {
    case partnerToken = "partner-token"
    case session = "session"
}

/// A kind of caller of the policy: which credential it comes with, and which roles that credential may carry.
package final class Caller: Sendable {
    /// Who presents no credential. No caller of a policy has this name.
    package static let anonymousName = "anonymous"

    package let index: Int
    package let name: String
    package let via: Via
    /// The only roles that count when this credential names them; all others are dropped.
    package let roles: RoleSet
    package let position: SourcePosition

    init(index: Int, name: String, via: Via, roles: RoleSet, position: SourcePosition) {
        self.index = index
        self.name = name
        self.via = via
        self.roles = roles
        self.position = position
    }
}

/// A set of the callers of one policy. There is at most one for each `Via`, so eight bits are plenty.
package struct CallerSet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package init(_ caller: Caller) {
        rawValue = 1 << UInt8(caller.index)
    }

    package func contains(_ caller: Caller) -> Bool {
        rawValue & (1 << UInt8(caller.index)) != 0
    }
}
