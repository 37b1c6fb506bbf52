/// One partner as its file says, with the secrets still sealed.
package struct PartnerRecord: Sendable, Equatable {
    package struct Secret: Sendable, Equatable {
        package let id: String
        /// Unix seconds.
        package let created: Int64
        /// Unix seconds from which the secret is refused; nil: never.
        package var expires: Int64?
        /// base64url of nonce (12 bytes), ciphertext and tag (16 bytes).
        package let sealed: String

        package init(id: String, created: Int64, expires: Int64? = nil, sealed: String) {
            self.id = id
            self.created = created
            self.expires = expires
            self.sealed = sealed
        }

        package func isLive(at now: Int64) -> Bool { expires.map { now < $0 } ?? true }
    }

    package let id: String
    package var name: String
    package var roles: [String]
    /// The most this partner may have; nil: all that its roles grant.
    package var scopes: [String]?
    package var tenant: String
    /// Networks it must come from, as CIDR; empty: anywhere.
    package var networks: [String]
    package var isEnabled: Bool
    /// Unix seconds.
    package let created: Int64
    /// Newest first.
    package var secrets: [Secret]

    package init(
        id: String, name: String, roles: [String], scopes: [String]? = nil, tenant: String, networks: [String], isEnabled: Bool,
        created: Int64, secrets: [Secret]
    ) {
        self.id = id
        self.name = name
        self.roles = roles
        self.scopes = scopes
        self.tenant = tenant
        self.networks = networks
        self.isEnabled = isEnabled
        self.created = created
        self.secrets = secrets
    }

    /// How many secrets may be live at a time.
    package static let maximumLiveSecrets = 2

    package static func isID(_ text: String) -> Bool {
        // [a-z0-9][a-z0-9-]{1,62}
        (2...63).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: "-") && text.utf8.allSatisfy(isIDCharacter)
    }

    /// 1 to 200 characters, none of them a control character.
    package static func isName(_ text: String) -> Bool {
        (1...200).contains(text.unicodeScalars.count)
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control && !$0.properties.isBidiControl }
    }

    /// A role or scope name as it may stand in a token's `scope` (RFC 6749 section 3.3), at most 128 bytes.
    package static func isWord(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }

    /// A secret id is what `newSecretID` makes and what fits behind the colon of a `keyid`: 1 to 32 of `[a-z0-9_]`.
    package static func isSecretID(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { isIDCharacter($0) && $0 != UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }

    private static func isIDCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
