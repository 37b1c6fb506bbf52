package import Access
import OpenSSLCrypto

/// All registered partners at one moment, with their secrets open. Immutable: a change on disk makes a new directory.
package struct PartnerDirectory: Sendable {
    package final class Partner: Sendable {
        package let id: String
        package let name: String
        package let roles: [String]
        /// The most it may have; nil: all that its roles grant.
        package let scopes: [String]?
        package let tenant: String
        /// Empty: it may come from anywhere.
        package let networks: [CIDR]
        package let isEnabled: Bool
        /// Unix seconds.
        package let created: Int64
        /// At most two, newest first; those that had ended when the directory was made are not among them.
        package let secrets: [PartnerSecret]

        package init(_ record: PartnerRecord, networks: [CIDR], secrets: [PartnerSecret]) {
            id = record.id
            name = record.name
            roles = record.roles
            scopes = record.scopes
            tenant = record.tenant
            self.networks = networks
            isEnabled = record.isEnabled
            created = record.created
            self.secrets = secrets
        }

        /// Whether this partner may come from `address`.
        package func isAllowed(from address: IPAddress) -> Bool {
            networks.isEmpty || networks.contains { $0.contains(address) }
        }
    }

    private struct Entry {
        let partner: Partner
        /// What is compared: always two, filled up with secrets that nobody has.
        let slots: [PartnerSecret]
    }

    private let entries: [String: Entry]
    private let decoys: [PartnerSecret]

    /// A directory of nobody.
    package static let empty = PartnerDirectory([])

    package init(_ partners: [Partner]) {
        let decoys = (1...PartnerRecord.maximumLiveSecrets).map { number in
            PartnerSecret(id: "decoy\(number)", created: 0, expires: 0, secret: .generate())
        }
        self.decoys = decoys
        entries = Dictionary(
            uniqueKeysWithValues: partners.map { partner in
                (partner.id, Entry(partner: partner, slots: partner.secrets + decoys.dropFirst(partner.secrets.count)))
            }
        )
    }

    package var count: Int { entries.count }

    /// Sorted by id.
    package var partners: [Partner] { entries.values.map(\.partner).sorted { $0.id < $1.id } }

    package subscript(id: String) -> Partner? { entries[id]?.partner }

    /// The live secret that a `keyid` names, of a partner that may act.
    package func secret(_ secretID: String, of clientID: String, at now: Int64) -> (partner: Partner, secret: PartnerSecret)? {
        guard let partner = self[clientID], partner.isEnabled else { return nil }
        return partner.secrets.first { $0.id == secretID && $0.isLive(at: now) }.map { (partner, $0) }
    }

    /// Judges a presented client secret.
    package func check(secret presented: Span<UInt8>, of clientID: String, at now: Int64) -> ClientSecretCheck {
        let fingerprint = Digest.hash(.sha256, presented)
        return check(clientID, at: now) { secret in
            secret.fingerprint.withBytes { ConstantTime.equal($0, fingerprint.span) }
        }
    }

    /// Judges a proof of a client secret that is not the secret itself, such as the MAC of a client assertion.
    ///
    /// INVARIANT (uniform work): `proves` is called for exactly two secrets, whether the client is known, enabled, has one secret or two, or none of
    /// that; what it answers for one never keeps the other from being asked. It must itself take as long for a wrong secret as for a right one.
    package func check(_ clientID: String, at now: Int64, proves: (PartnerSecret) -> Bool) -> ClientSecretCheck {
        let entry = entries[clientID]
        var proven: PartnerSecret?
        for secret in entry?.slots ?? decoys where proves(secret) { proven = secret }
        guard let partner = entry?.partner else { return .refused(.unknownClient) }
        // A decoy ended in 1970 and so is never live.
        guard let proven, proven.isLive(at: now) else { return .refused(.wrongSecret) }
        guard partner.isEnabled else { return .refused(.disabledClient) }
        return .accepted(partner, proven)
    }
}

/// What came of a client's attempt to prove itself. The caller of the API learns of no difference between the refusals.
package enum ClientSecretCheck: Sendable {
    case accepted(PartnerDirectory.Partner, PartnerSecret)
    case refused(Refusal)

    package enum Refusal: String, Sendable {
        case unknownClient = "unknown_partner"
        case disabledClient = "disabled_partner"
        case wrongSecret = "wrong_secret"
    }
}
