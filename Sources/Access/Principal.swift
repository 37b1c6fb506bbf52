/// How far a principal's roles reach over owned objects. The wider one wins when roles differ.
package enum ObjectReach: String, CaseIterable, Sendable {
    /// The objects of its own tenant; without a tenant, none.
    case own
    case any
}

/// Who is calling, as far as the policy is concerned.
///
/// Making one *asserts* that a credential was verified. The word `asserting:` may therefore be written only where credentials are
/// judged, and where a policy is tried out without any.
package final class Principal: Sendable {
    package let caller: Caller
    /// The partner's id, or the session's subject.
    package let subject: String
    /// The partner's id; nil for a session.
    package let partner: String?
    /// Nil owns nothing.
    package let tenant: String?
    /// As the credential names them, less what its caller may not carry; without the roles these include.
    package let roles: RoleSet
    /// Effective: never more than the roles grant now.
    package let scopes: ScopeSet
    package let objects: ObjectReach
    /// The credential's `jti`, if it has one.
    package let tokenID: String?
    /// When the credential ends, unix seconds.
    package let expires: Int64

    /// A tenant is a word of ASCII letters, digits and `._:@-` that does not begin with punctuation, 1 to 128 bytes: it becomes a header value, a claim
    /// and a column.
    package static func isTenant(_ text: String) -> Bool {
        guard (1...128).contains(text.utf8.count), let first = text.utf8.first, isAlphanumeric(first) else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || "._:@-".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || byte &- UInt8(ascii: "0") < 10
    }

    package init(
        asserting caller: Caller,
        subject: String,
        partner: String?,
        tenant: String?,
        roles: RoleSet,
        scopes: ScopeSet,
        objects: ObjectReach,
        tokenID: String?,
        expires: Int64
    ) {
        self.caller = caller
        self.subject = subject
        self.partner = partner
        self.tenant = tenant
        self.roles = roles
        self.scopes = scopes
        self.objects = objects
        self.tokenID = tokenID
        self.expires = expires
    }
}
