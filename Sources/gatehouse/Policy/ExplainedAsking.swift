import Access
import ArgumentParser
import Foundation
import GatewayConfiguration
import GatewayCore
import Tokens

/// Who an explained request comes from: a credential, a registered partner, or somebody imagined.
struct ExplainedAsking: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("A partner's access token; - reads it from standard input.", valueName: "token"))
    var token: String?

    @Option(name: .long, help: ArgumentHelp("A session token; - reads it from standard input.", valueName: "token"))
    var session: String?

    @Option(name: .long, help: ArgumentHelp("A registered partner, with a token for all it may have.", valueName: "id"))
    var partner: String?

    @Option(name: .long, help: ArgumentHelp("Somebody of this caller, with the roles of --role.", valueName: "caller"))
    var caller: String?

    @Flag(name: .long, help: "Nobody in particular.")
    var anonymous = false

    @Option(name: .long, help: ArgumentHelp("With --caller: a role; may be repeated.", valueName: "role"))
    var role: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("With --caller: only these scopes; may be repeated (default: all of the roles).", valueName: "scope"))
    var scope: [String] = []

    @Option(
        name: .long, help: ArgumentHelp("With --caller: the tenant (default: none; of a partner, one of its own).", valueName: "tenant"))
    var tenant: String?

    @Option(name: .long, help: ArgumentHelp("With --caller: the subject, where a deny rule names some.", valueName: "subject"))
    var subject: String?

    @Option(name: .long, help: ArgumentHelp("With --token: the name of the gateway in it (default: as configured).", valueName: "url"))
    var issuer: String?

    @Option(name: .long, help: ArgumentHelp("With --token: who it is for (default: as configured).", valueName: "name"))
    var audience: String?

    /// What a partner's own tenant is called where nobody has named it.
    private static let ownTenant = "(its own)"

    func validate() throws {
        let given = [token != nil, session != nil, partner != nil, caller != nil, anonymous].filter { $0 }.count
        if given != 1 { throw ValidationError("say who asks with one of --token, --session, --partner, --caller and --anonymous") }
        if caller == nil, !role.isEmpty || !scope.isEmpty || tenant != nil || subject != nil {
            throw ValidationError("--role, --scope, --tenant and --subject go with --caller")
        }
    }

    /// - Returns: also the tenant, to tell own objects by.
    /// - Throws: 78 when the key files cannot be used, 1 for a partner who is not there; both told.
    func subject(under policy: Policy, _ options: PolicyOptions) throws -> (subject: ExplainedSubject, tenant: String?) {
        if let token { return try ofToken(Self.text(token), options) }
        if let session { return try ofSession(Self.text(session), policy, options) }
        if let partner { return try ofPartner(partner, policy, options) }
        guard let caller, caller != Caller.anonymousName else { return (.anonymous, nil) }
        let isPartner = policy.caller(named: caller)?.via == .partnerToken
        let tenant = tenant ?? (isPartner ? Self.ownTenant : nil)
        let imagined = ImaginedSubject(caller: caller, roles: role, scopes: scope.isEmpty ? nil : scope, subject: subject, tenant: tenant)
        return (.imagined(imagined), tenant)
    }

    // MARK: - Credentials, judged as a request's would be

    private func ofToken(_ token: [UInt8], _ options: PolicyOptions) throws -> (ExplainedSubject, String?) {
        var flags: [SettingKey: [String]] = [:]
        flags[.policy] = options.file.map { [$0] }
        flags[.issuer] = issuer.map { [$0] }
        flags[.audience] = audience.map { [$0] }
        let settings = try options.files.settings(flags)
        let now = UnixTime.now()
        let (snapshot, diagnostics) = SnapshotLoader(settings, environment: FileOptions.environment).load(at: now)
        guard let snapshot else {
            Console.report(diagnostics.filter { $0.severity == .error })
            throw Console.Exit.configuration
        }
        do throws(TokenError) {
            let caller = try PartnerTokenAuthenticator.authenticate(token.span, in: snapshot, at: now)
            return (.principal(caller.principal, networks: caller.networks), caller.principal.tenant)
        } catch {
            return (.rejected(Reason(rawValue: error.rawValue) ?? .malformedToken, detail: "the token does not hold: \(error.code)"), nil)
        }
    }

    private func ofSession(_ token: [UInt8], _ policy: Policy, _ options: PolicyOptions) throws -> (ExplainedSubject, String?) {
        let offline = try OfflineSessions(options.files)
        var problem = TokenError.malformedToken
        let now = UnixTime.now()
        for isSecure in [true, false] {
            do throws(TokenError) {
                let session = try offline.accepted.judge(token.span, cookie: nil, isSecure: isSecure, at: now).session
                guard let principal = try SessionAuthenticator.principal(of: session, under: policy) else {
                    return (.rejected(.callerNotAllowed, detail: "the policy has no caller that comes with a session"), nil)
                }
                return (.principal(principal), principal.tenant)
            } catch {
                // What another key did not open says less.
                if problem == .malformedToken || problem == .unknownKey { problem = error }
            }
        }
        return (.rejected(Reason(rawValue: problem.rawValue) ?? .badSession, detail: "the session does not hold: \(problem.code)"), nil)
    }

    private func ofPartner(_ id: String, _ policy: Policy, _ options: PolicyOptions) throws -> (ExplainedSubject, String?) {
        let settings = try options.files.settings()
        let record: PartnerRecord
        do {
            record = try PartnerRegistry(settings.keyFolder(environment: FileOptions.environment)).partner(id)
        } catch {
            if case .unreadable(let diagnostics) = error {
                Console.report(diagnostics)
                throw Console.Exit.configuration
            }
            throw Console.fail("\(error.description); to explain a partner that is not registered, use --caller and --role")
        }
        guard record.isEnabled else { return (.rejected(.disabledPartner, detail: "the partner `\(id)` is disabled"), nil) }
        let imagined = ImaginedSubject(
            roles: record.roles.filter { policy.role(named: $0) != nil },
            scopes: record.scopes.map { $0.filter { !policy.scopes(named: [$0]).isEmpty } }, partner: id, tenant: record.tenant,
            networks: record.networks.compactMap { try? CIDR(parsing: $0) }
        )
        return (.imagined(imagined), record.tenant)
    }

    /// The argument, or what stands on standard input: a command line can be seen by others on the machine.
    private static func text(_ argument: String) throws -> [UInt8] {
        guard argument == "-" else { return Array(argument.utf8) }
        let input = try FileHandle.standardInput.read(upToCount: 1 << 20) ?? Data()
        return Array(String(decoding: input, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines).utf8)
    }
}
