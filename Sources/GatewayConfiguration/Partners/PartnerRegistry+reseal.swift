import Access
import GatewayCore
import OpenSSLCrypto

/// Moves every partner's secrets to a new seal key.
///
/// INVARIANT (opens at every moment): the seal key's file has both keys from before the first secret is sealed anew until after the last, so
/// that a gateway that reads the folder in between, or after a crash, can open them all. Called again, it completes what was broken off.
extension PartnerRegistry {
    package struct Resealed: Sendable {
        package let partners: Int
        package let secrets: Int
        /// Where the seal key is kept.
        package let source: String
    }

    /// - Throws: `PartnerError`; before anything was changed when a secret cannot be opened.
    package func reseal() throws(PartnerError) -> Resealed {
        try changing { () throws(PartnerError) in
            let records = try all()
            let present = try load()
            try checkOpens(records, with: present)
            let key: SealKey
            if folder.hasEnvironmentSealKey {
                // Nobody but the person who set it can change the environment.
                guard present.hasPrevious else { throw .sealKey(.onlyKey(SealKey.environmentName)) }
                key = present
            } else {
                key = try begin(present)
            }
            var secrets = 0
            for var record in records {
                for (index, secret) in record.secrets.enumerated() {
                    guard let opened = key.open(secret.sealed, partner: record.id, secretID: secret.id) else { throw .sealKey(.notAKey) }
                    do throws(CryptoError) {
                        let sealed = try key.seal(opened, partner: record.id, secretID: secret.id)
                        record.secrets[index] = .init(id: secret.id, created: secret.created, expires: secret.expires, sealed: sealed)
                    } catch {
                        throw .sealKey(.crypto(error))
                    }
                    secrets += 1
                }
                do throws(FileError) {
                    try PrivateFile.replace(folder.partnerPath(record.id), contents: PartnerFile.serialize(record))
                } catch { throw .file(error) }
            }
            if !folder.hasEnvironmentSealKey { try end() }
            return Resealed(partners: records.count, secrets: secrets, source: folder.sealKeySource)
        }
    }

    private func all() throws(PartnerError) -> [PartnerRecord] {
        let (records, diagnostics) = partners()
        let errors = diagnostics.filter { $0.severity == .error }
        if !errors.isEmpty { throw .unreadable(errors) }
        return records
    }

    private func load() throws(PartnerError) -> SealKey {
        do { return try folder.loadSealKey() } catch { throw .sealKey(error) }
    }

    private func checkOpens(_ records: [PartnerRecord], with key: SealKey) throws(PartnerError) {
        for record in records {
            for secret in record.secrets where key.open(secret.sealed, partner: record.id, secretID: secret.id) == nil {
                let message = "the secret `\(secret.id)` cannot be opened: it was sealed with another seal key than \(folder.sealKeySource)"
                throw .unreadable([.whole(folder.partnerPath(record.id), message)])
            }
        }
    }

    /// Puts a new key before the present one; unless a call before did so and was broken off.
    private func begin(_ present: SealKey) throws(PartnerError) -> SealKey {
        if present.hasPrevious { return present }
        do throws(FileError) {
            let old = try PrivateFile.read(folder.sealKeyPath)
            try PrivateFile.replace(folder.sealKeyPath, contents: Array((SealKey.generateText() + "\n").utf8) + old)
        } catch {
            throw .file(error)
        }
        return try load()
    }

    /// Leaves the first key alone in the file.
    private func end() throws(PartnerError) {
        do throws(FileError) {
            let text = try PrivateFile.read(folder.sealKeyPath)
            try PrivateFile.replace(folder.sealKeyPath, contents: SealKey.firstLine(of: text))
        } catch {
            throw .file(error)
        }
    }
}
