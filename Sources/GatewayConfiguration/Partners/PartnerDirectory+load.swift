package import Access
package import GatewayCore

extension PartnerDirectory {
    /// Reads all partners of the folder and opens their secrets: everything, or nothing and every mistake.
    ///
    /// - Parameter now: unix seconds; secrets that have ended by then are left out.
    /// - Returns: diagnostics may hold warnings beside a directory.
    package static func load(_ folder: KeyFolder, at now: Int64) -> (directory: PartnerDirectory?, diagnostics: [Diagnostic]) {
        var (records, diagnostics) = PartnerRegistry(folder).partners()
        let sealKey: SealKey
        do {
            sealKey = try folder.loadSealKey()
        } catch {
            let message: Diagnostic
            if case .file(let error) = error { message = .whole(error) } else { message = .whole(folder.sealKeySource, error.description) }
            return (nil, diagnostics + [message])
        }
        var partners: [Partner] = []
        var closed: [(record: PartnerRecord, secret: PartnerRecord.Secret)] = []
        var opened = 0
        for record in records {
            var secrets: [PartnerSecret] = []
            for secret in record.secrets {
                guard let text = sealKey.open(secret.sealed, partner: record.id, secretID: secret.id) else {
                    closed.append((record, secret))
                    continue
                }
                opened += 1
                guard secret.isLive(at: now) else { continue }
                secrets.append(PartnerSecret(id: secret.id, created: secret.created, expires: secret.expires, secret: text))
            }
            if secrets.count > PartnerRecord.maximumLiveSecrets {
                diagnostics.append(.whole(folder.partnerPath(record.id), "more than two live secrets"))
            }
            partners.append(Partner(record, networks: record.networks.compactMap { try? CIDR(parsing: $0) }, secrets: secrets))
        }
        // When the key opens nothing at all, the key is the mistake; when it opens others, the file is.
        let reason =
            opened == 0
            ? "the seal key in \(folder.sealKeySource) is wrong: it is not the one this was sealed with"
            : "it was changed, or sealed for another partner or id, or with another seal key than \(folder.sealKeySource)"
        for (record, secret) in closed {
            diagnostics.append(.whole(folder.partnerPath(record.id), "secret `\(secret.id)` does not open: \(reason)"))
        }
        if diagnostics.contains(where: { $0.severity == .error }) { return (nil, diagnostics) }
        return (PartnerDirectory(partners), diagnostics)
    }
}
