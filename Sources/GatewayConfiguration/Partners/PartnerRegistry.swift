package import Access
package import GatewayCore
import OpenSSLCrypto

/// Changes the partners of a keys folder. Every change is whole or not at all, and one at a time: two commands at once never lose one
/// another's.
///
/// Nothing here keeps anything in memory: the files are the registry.
package struct PartnerRegistry: Sendable {
    package let folder: KeyFolder

    package init(_ folder: KeyFolder) { self.folder = folder }

    /// A partner to be registered; the names of roles and scopes are already judged by the policy.
    package struct Registration: Sendable {
        package var id: String
        package var name: String
        package var roles: [String]
        package var scopes: [String]?
        package var tenant: String
        package var networks: [CIDR]

        package init(id: String, name: String, roles: [String], scopes: [String]?, tenant: String, networks: [CIDR]) {
            self.id = id
            self.name = name
            self.roles = roles
            self.scopes = scopes
            self.tenant = tenant
            self.networks = networks
        }
    }

    /// A partner and the secret that was just made for it, which nobody can show again.
    package struct Issued: Sendable {
        package let partner: PartnerRecord
        package let secretID: String
        package let secret: ClientSecret
    }

    // MARK: Reading

    package func partner(_ id: String) throws(PartnerError) -> PartnerRecord {
        guard PartnerRecord.isID(id) else { throw .invalidID(id) }
        let path = folder.partnerPath(id)
        let bytes: [UInt8]
        do {
            bytes = try PrivateFile.read(path)
        } catch {
            if error.isMissing { throw .unknown(id, near: Spelling.nearest(to: id, in: (try? folder.partnerFiles().ids) ?? [])) }
            throw .file(error)
        }
        var diagnostics: [Diagnostic] = []
        guard let record = PartnerFile.parse(bytes, path: path, id: id, diagnostics: &diagnostics) else { throw .unreadable(diagnostics) }
        return record
    }

    /// Those that were removed or disabled, as far as that can be told: each by its own file, whatever is wrong with others. A folder that
    /// cannot be read removes nobody.
    package func closed(among ids: [String]) -> Set<String> {
        guard let present = try? folder.partnerFiles().ids else { return [] }
        return Set(ids.filter { id in !present.contains(id) || (try? partner(id))?.isEnabled == false })
    }

    /// All partners that can be read, sorted by id, and every mistake of the others. Opens no secret and needs no seal key.
    package func partners() -> (records: [PartnerRecord], diagnostics: [Diagnostic]) {
        var diagnostics: [Diagnostic] = []
        let ids: [String]
        do {
            let files = try folder.partnerFiles()
            ids = files.ids
            for name in files.strangers {
                diagnostics.append(
                    Diagnostic(
                        file: "\(folder.partnersPath)/\(ForeignText.quotable(name))", line: 0, column: 0, severity: .warning,
                        message: "not read: a partner's file ends in .json"
                    )
                )
            }
        } catch {
            return ([], [.whole(error)])
        }
        var records: [PartnerRecord] = []
        for id in ids {
            do {
                records.append(try partner(id))
            } catch {
                diagnostics += error.diagnostics(path: folder.partnerPath(ForeignText.quotable(id)))
            }
        }
        return (records, diagnostics)
    }

    // MARK: Changing

    /// Registers a partner with one new secret.
    ///
    /// - Parameter now: unix seconds.
    package func add(_ registration: Registration, at now: Int64) throws(PartnerError) -> Issued {
        guard PartnerRecord.isID(registration.id) else { throw .invalidID(registration.id) }
        let sealKey = try sealKey()
        return try changing { () throws(PartnerError) in
            try check(sealKey)
            let (sealed, secret) = try newSecret(for: registration.id, beside: [], sealKey, now)
            let record = PartnerRecord(
                id: registration.id, name: registration.name, roles: registration.roles, scopes: registration.scopes,
                tenant: registration.tenant, networks: registration.networks.map(\.description), isEnabled: true, created: now,
                secrets: [sealed]
            )
            do throws(FileError) {
                try PrivateFile.makeDirectory(folder.partnersPath)
                try PrivateFile.create(folder.partnerPath(record.id), contents: PartnerFile.serialize(record))
            } catch {
                throw error.isExisting ? .exists(record.id) : .file(error)
            }
            return Issued(partner: record, secretID: sealed.id, secret: secret)
        }
    }

    /// Needs no seal key: a partner can be shut out whatever else is broken.
    @discardableResult
    package func setEnabled(_ isEnabled: Bool, _ id: String) throws(PartnerError) -> PartnerRecord {
        try changing { () throws(PartnerError) in
            var record = try partner(id)
            record.isEnabled = isEnabled
            try replace(record)
            return record
        }
    }

    /// Removes the partner's file, whatever is in it.
    package func remove(_ id: String) throws(PartnerError) {
        guard PartnerRecord.isID(id) else { throw .invalidID(id) }
        try changing { () throws(PartnerError) in
            do throws(FileError) {
                try PrivateFile.remove(folder.partnerPath(id))
            } catch {
                throw error.isMissing
                    ? .unknown(id, near: Spelling.nearest(to: id, in: (try? folder.partnerFiles().ids) ?? [])) : .file(error)
            }
        }
    }

    /// Gives a partner a new secret and lets the ones before end.
    ///
    /// - Parameters:
    ///   - overlap: seconds from now until the secret before ends; 0 ends it at once.
    ///   - now: unix seconds.
    /// - Throws: `PartnerError.tooManySecrets` when that would make three live ones.
    package func rotate(_ id: String, overlap: Int64, at now: Int64) throws(PartnerError) -> Issued {
        let sealKey = try sealKey()
        return try changing { () throws(PartnerError) in
            try check(sealKey)
            var record = try partner(id)
            var kept: [PartnerRecord.Secret] = []
            for var secret in record.secrets where overlap > 0 && secret.isLive(at: now) {
                // An end that was set earlier stays the end.
                secret.expires = min(secret.expires ?? .max, now + overlap)
                kept.append(secret)
            }
            if kept.count >= PartnerRecord.maximumLiveSecrets {
                throw .tooManySecrets(id, ends: kept.compactMap(\.expires).min() ?? now)
            }
            let (sealed, secret) = try newSecret(for: id, beside: record.secrets, sealKey, now)
            record.secrets = [sealed] + kept
            try replace(record)
            return Issued(partner: record, secretID: sealed.id, secret: secret)
        }
    }

    private func newSecret(
        for id: String, beside others: [PartnerRecord.Secret], _ sealKey: SealKey, _ now: Int64
    ) throws(PartnerError) -> (PartnerRecord.Secret, ClientSecret) {
        let secret = ClientSecret.generate()
        var secretID: String
        repeat {
            secretID = "s" + Hex.text(RandomBytes.generate(6))
        } while others.contains { $0.id == secretID }
        do {
            let sealed = try sealKey.seal(secret, partner: id, secretID: secretID)
            return (PartnerRecord.Secret(id: secretID, created: now, expires: nil, sealed: sealed), secret)
        } catch {
            throw .sealKey(.crypto(error))
        }
    }

    /// A secret sealed with a wrong key would keep the gateway from loading any of them: the key must open what is there already.
    private func check(_ sealKey: SealKey) throws(PartnerError) {
        let sealed = partners().records.flatMap { record in record.secrets.map { (record.id, $0) } }
        if sealed.isEmpty || sealed.contains(where: { sealKey.open($1.sealed, partner: $0, secretID: $1.id) != nil }) { return }
        throw .sealKey(.wrong(source: folder.sealKeySource))
    }

    private func sealKey() throws(PartnerError) -> SealKey {
        do { return try folder.loadSealKey() } catch { throw .sealKey(error) }
    }

    private func replace(_ record: PartnerRecord) throws(PartnerError) {
        do {
            try PrivateFile.replace(folder.partnerPath(record.id), contents: PartnerFile.serialize(record))
        } catch {
            throw .file(error)
        }
    }

    func changing<Change>(_ change: () throws(PartnerError) -> Change) throws(PartnerError) -> Change {
        let result: Result<Change, PartnerError>
        do {
            result = try FolderLock.hold(folder: folder.path) {
                PrivateFile.removeLeftovers(in: folder.partnersPath)
                return Result { () throws(PartnerError) in try change() }
            }
        } catch {
            throw .file(error)
        }
        return try result.get()
    }
}

/// Why the registry was not changed, or a partner not read, for a person.
package enum PartnerError: Error, CustomStringConvertible {
    case invalidID(String)
    case exists(String)
    case unknown(String, near: String?)
    /// `ends`: unix seconds when the first of the live secrets ends.
    case tooManySecrets(String, ends: Int64)
    case unreadable([Diagnostic])
    case sealKey(SealKeyError)
    case file(FileError)

    package var description: String {
        switch self {
        case .invalidID(let id): "`\(ForeignText.quotable(id))` is no partner id: 2 to 63 of a-z, 0-9 and `-`, the first not `-`"
        case .exists(let id): "partner `\(id)` exists already"
        case .unknown(let id, let near): "no partner `\(id)`" + (near.map { " (did you mean `\($0)`?)" } ?? "")
        case .tooManySecrets(let id, let ends):
            "partner `\(id)` has two live secrets already, and may not have three: wait until \(UnixTime.text(ends)), "
                + "or end both at once with `--overlap 0s`"
        case .unreadable(let diagnostics): diagnostics.map(\.rendered).joined(separator: "\n")
        case .sealKey(let error): error.description
        case .file(let error): error.description
        }
    }

    /// As diagnostics of the partner's file.
    func diagnostics(path: String) -> [Diagnostic] {
        switch self {
        case .unreadable(let diagnostics): diagnostics
        case .file(let error): [.whole(error)]
        case .invalidID: [.whole(path, "the name of the file is no partner id: 2 to 63 of a-z, 0-9 and `-`, the first not `-`")]
        default: [.whole(path, description)]
        }
    }
}
