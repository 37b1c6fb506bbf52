import Access
import GatewayConfiguration
import GatewayCore
import StrictJSON
import Tokens

/// What there is to say about a session token without a running gateway.
struct SessionInspection {
    private let diagnosis: SessionDiagnosis
    private let outcome: Result<VerifiedSession, TokenError>
    private let cookieName: String?
    /// Whether the session counts on secure connections alone.
    private let needsSecure: Bool
    private let principal: Principal?
    private let policy: Policy?
    /// What is most likely wrong.
    private let explanation: String?

    /// Without a policy at hand nothing is said of callers.
    var isValid: Bool { (try? outcome.get()) != nil && (policy == nil || principal != nil) }

    /// - Parameters:
    ///   - cookie: the name of the cookie it came in; nil: not known, or it came as a bearer token.
    ///   - now: unix seconds.
    init(of token: [UInt8], cookie: String?, at now: Int64, with offline: OfflineSessions) {
        diagnosis = SessionDiagnosis(of: token, cookie: cookie, settings: offline.settings, secrets: offline.secrets)
        // INVARIANT (one judge): the verdict is the gateway's own, not what the diagnosis found.
        var outcome: Result<VerifiedSession, TokenError> = .failure(.malformedToken)
        var found: (name: String, isSecure: Bool)?
        for isSecure in [true, false] {
            do throws(TokenError) {
                let judged = try offline.accepted.judge(token.span, cookie: cookie, isSecure: isSecure, at: now)
                outcome = .success(judged.session)
                found = (judged.cookieName, isSecure)
            } catch {
                // What the key opened says more than that another name's key did not.
                if found == nil, Self.rank(error) >= Self.rank(outcome) { outcome = .failure(error) }
            }
        }
        policy = offline.policy
        principal = offline.policy.flatMap { policy in
            (try? outcome.get()).flatMap { session in try? SessionAuthenticator.principal(of: session, under: policy) }
        }
        self.outcome = outcome
        cookieName = found?.name ?? diagnosis.opening?.cookieName
        needsSecure = found?.isSecure ?? false
        switch outcome {
        case .failure(let error): explanation = diagnosis.explanation(of: error, cookie: cookie, at: now)
        case .success: explanation = policy != nil && principal == nil ? "The policy has no caller that comes with a session." : nil
        }
    }

    private static func rank(_ error: TokenError) -> Int {
        switch error {
        case .expired, .notYetValid, .missingClaim, .badClaim, .badPayload: 2
        case .unknownKey, .badMAC, .wrongAlgorithm: 1
        default: 0
        }
    }

    private static func rank(_ outcome: Result<VerifiedSession, TokenError>) -> Int {
        if case .failure(let error) = outcome { rank(error) } else { 3 }
    }

    private var error: TokenError? { if case .failure(let error) = outcome { error } else { nil } }

    private var dropped: [String] {
        guard let session = try? outcome.get(), let policy, let caller = policy.caller(via: .session) else { return [] }
        return session.roles.filter { policy.roles(named: [$0], for: caller).isEmpty }
    }

    // MARK: Printing

    var json: JSONValue {
        .object([
            ("valid", .bool(isValid)), ("error", error.map { .string($0.code) } ?? .null),
            ("likely", explanation.map { .string($0) } ?? .null),
            ("shape", .string(diagnosis.shape.rawValue)),
            ("profile", diagnosis.opening.map { .string($0.profile.rawValue) } ?? .null),
            ("cookie", cookieName.map { .string($0) } ?? .null),
            ("secure_only", .bool(needsSecure)),
            ("header", diagnosis.header.map { JSONValue($0.root) } ?? .null),
            ("claims", diagnosis.opening.map { JSONValue($0.claims.root) } ?? .null), ("principal", principalJSON),
        ])
    }

    private var principalJSON: JSONValue {
        guard let principal, let policy else { return .null }
        return .object([
            ("subject", .string(principal.subject)), ("caller", .string(principal.caller.name)),
            ("tenant", principal.tenant.map { .string($0) } ?? .null), ("roles", .strings(policy.names(of: principal.roles))),
            ("dropped_roles", .strings(dropped)), ("scopes", .strings(policy.names(of: principal.scopes))),
            ("expires", .integer(principal.expires)),
        ])
    }

    func printTables() {
        for (title, part) in [("header", diagnosis.header?.root), ("claims", diagnosis.opening?.claims.root)] {
            guard let part else { continue }
            Console.print(Console.styled(title, .bold))
            Console.print(MemberTable.text(part))
        }
        if let opening = diagnosis.opening {
            Console.print(
                "opened by secret \(opening.secret + 1) as \(opening.profile.rawValue)" + (cookieName.map { ", cookie \($0)" } ?? ""))
        }
        if let principal, let policy {
            let roles = policy.names(of: principal.roles)
            Console.print(Console.printable("subject: \(principal.subject)"))
            Console.print("tenant: \(principal.tenant ?? "none, so it owns nothing")")
            Console.print("roles: \(roles.isEmpty ? "none" : roles.joined(separator: ", "))")
            if !dropped.isEmpty {
                Console.print(
                    Console.printable(
                        "dropped, since caller \(principal.caller.name) may not carry them: \(dropped.joined(separator: ", "))"))
            }
            Console.print("scopes: \(policy.names(of: principal.scopes).joined(separator: ", "))")
        }
        if needsSecure { Console.print("counts on secure connections alone, or with `sessions.secure: both`") }
        if let explanation { Console.print(Console.printable(explanation)) }
        Console.print(isValid ? Console.styled("valid", .green) : Console.styled("not valid: \(error?.code ?? "caller_not_allowed")", .red))
    }
}
