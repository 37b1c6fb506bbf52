import Access
import GatewayConfiguration
import GatewayCore
import OpenSSLCrypto
import Tokens

/// A partner with its secrets open and a token of its own: what only the holder of the key files can have.
struct LocalPartner {
    private let offline: OfflineKeys
    private let secret: PartnerSecret
    private let token: String
    private let id: String

    init(_ id: String, _ options: TokenOptions) throws {
        offline = try OfflineKeys(options)
        let record = try offline.partner(id)
        let now = UnixTime.now()
        let (directory, diagnostics) = PartnerDirectory.load(offline.settings.keyFolder(environment: FileOptions.environment), at: now)
        guard let directory else {
            Console.report(diagnostics)
            throw Console.Exit.configuration
        }
        guard record.isEnabled, let secret = directory[id]?.secrets.first else {
            throw Console.fail("partner `\(id)` is disabled or has no live secret")
        }
        self.secret = secret
        self.id = id
        let policy = try options.files.policy(offline.settings)
        let access = PartnerAccess(record, under: policy)
        token = PartnerTokenIssuer(
            key: offline.keys.tokens.signing, issuer: offline.settings.issuer, audience: offline.settings.audience
        ).issue(
            subject: id, clientID: id, scopes: access.names(in: policy), roles: policy.names(of: access.roles), tenant: record.tenant,
            lifetime: offline.settings.limits.tokenLifetime.seconds, at: now, tokenID: Base64URL.encode(RandomBytes.generate(16))
        )
    }

    func identity() throws -> (MessageSigner, token: String) {
        (MessageSigner(keyID: "\(id):\(secret.id)", key: try secret.signingKey()), token)
    }
}
