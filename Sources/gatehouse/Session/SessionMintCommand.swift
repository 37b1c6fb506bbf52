import Access
import ArgumentParser
import Foundation
import GatewayConfiguration
import GatewayCore
import OpenSSLCrypto
import StrictJSON
import Tokens

struct SessionMintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mint", abstract: "Make a session token, as an application with the same secret would: for tests and support."
    )

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Which release's token: \(SessionProfile.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "profile"))
    var profile: SessionProfile

    @Option(name: .long, help: "Whose session.")
    var subject: String

    @Option(name: .long, help: "A role it claims; may be repeated.")
    var role: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A further claim; JSON where it is JSON, else text; dots reach into objects; may be repeated.", valueName: "name=value"))
    var claim: [String] = []

    @Option(name: .long, help: ArgumentHelp("The cookie it is for (default: the profile's on plain HTTP).", valueName: "name"))
    var cookie: String?

    @Option(name: .long, help: ArgumentHelp("How long it counts (default: 1h).", valueName: "time"))
    var lifetime: String?

    @OptionGroup var options: SessionOptions

    func validate() throws {
        if let lifetime {
            guard let span = TimeSpan(lifetime), (TimeSpan.seconds(1)...(.days(3660))).contains(span) else {
                throw ValidationError("--lifetime must be a time such as 10m, 1s to 3660d")
            }
        }
        if subject.isEmpty { throw ValidationError("--subject must not be empty: a token without a subject is no session") }
        if let wrong = claim.first(where: { ($0.firstIndex(of: "=") ?? $0.startIndex) == $0.startIndex }) {
            throw ValidationError("--claim must be name=value: `\(wrong)`")
        }
        for (name, why) in [("exp", "--lifetime sets it"), ("iat", "it is the time of minting"), ("jti", "each token has its own")]
        where claim.contains(where: { $0.hasPrefix("\(name)=") }) {
            throw ValidationError("--claim cannot set `\(name)`: \(why)")
        }
        if cookie?.isEmpty == true { throw ValidationError("--cookie must be the name of a cookie") }
    }

    func run() throws {
        let offline = try OfflineSessions(options.files)
        let name = cookie ?? profile.cookieName(secure: false)
        let now = UnixTime.now()
        let seconds = lifetime.flatMap { TimeSpan($0) }?.seconds ?? 3600
        let token: String
        do {
            token = try SessionIssuer(profile, cookieName: name, secrets: offline.secrets)
                .issue(try claims(offline.settings), lifetime: seconds, at: now, tokenID: Base64URL.encode(RandomBytes.generate(16)))
        } catch let code as ExitCode {
            throw code
        } catch {
            throw Console.fail("the token cannot be made: \(error)")
        }
        warn(token, cookie: name, offline, at: now)
        guard options.output.json else { return Console.print(token) }
        Console.print(
            .object([
                ("token", .string(token)), ("profile", .string(profile.rawValue)), ("cookie", .string(name)),
                ("cookie_header", .string(cookieHeader(name, token))), ("subject", .string(subject)), ("roles", .strings(role)),
                ("expires_in", .integer(seconds)),
            ])
        )
    }

    private func claims(_ settings: SessionSettings) throws -> [(String, JSONValue)] {
        var tree = ClaimTree()
        if let path = settings.subjectClaims.first { try tree.set(path, .string(subject)) }
        if !role.isEmpty {
            guard let path = settings.rolesClaims.first else {
                throw Console.fail("`sessions.claims.roles` is empty, so a session has no roles")
            }
            try tree.set(path, .strings(role))
        }
        for text in claim {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = String(parts[1])
            let json = (try? JSONDocument(Array(value.utf8)).root).map { JSONValue($0) }
            try tree.set(parts[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init), json ?? .string(value))
        }
        return tree.members
    }

    /// Tells, beside the token, why this gateway would not take it as it is meant.
    private func warn(_ token: String, cookie: String, _ offline: OfflineSessions, at now: Int64) {
        func warn(_ text: String) {
            Console.printError("\(Console.styled("warning:", .yellow, for: .standardError)) \(Console.printable(text))")
        }
        let bytes = Array(token.utf8)
        let verified = [false, true].lazy.compactMap { isSecure in
            try? offline.accepted.judge(bytes.span, cookie: cookie, isSecure: isSecure, at: now)
        }.first
        guard let verified else {
            return warn("this gateway does not accept it: `gatehouse session inspect` says why")
        }
        guard let policy = offline.policy else { return }
        guard let caller = policy.caller(via: .session) else { return warn("the policy has no caller that comes with a session") }
        for name in verified.session.roles where policy.roles(named: [name], for: caller).isEmpty {
            warn("role `\(name)` is not one that caller `\(caller.name)` may carry: it is dropped")
        }
    }

    /// As a browser sends it: in pieces when it is long.
    private func cookieHeader(_ name: String, _ token: String) -> String {
        let size = profile.cookieChunkSize
        guard token.utf8.count > size else { return "\(name)=\(token)" }
        var pieces: [String] = []
        var rest = Substring(token)
        while !rest.isEmpty {
            pieces.append("\(name).\(pieces.count)=\(rest.prefix(size))")
            rest = rest.dropFirst(size)
        }
        return pieces.joined(separator: "; ")
    }
}

/// Claims being put together; a path of several names reaches into objects.
private struct ClaimTree {
    private(set) var members: [(String, JSONValue)] = []

    mutating func set(_ path: [String], _ value: JSONValue) throws {
        guard !path.contains("") else { throw Console.fail("a claim's name has an empty part: `\(path.joined(separator: "."))`") }
        members = try Self.setting(path[...], value, in: members)
    }

    private static func setting(
        _ path: ArraySlice<String>, _ value: JSONValue, in members: [(String, JSONValue)]
    ) throws -> [(String, JSONValue)] {
        guard let name = path.first else { return members }
        var members = members
        let index = members.firstIndex { $0.0 == name }
        if path.count == 1 {
            if let index { members[index].1 = value } else { members.append((name, value)) }
            return members
        }
        var inner: [(String, JSONValue)] = []
        if let index {
            guard case .object(let found) = members[index].1 else { throw Console.fail("claim `\(name)` is a value and an object at once") }
            inner = found
        }
        let changed = JSONValue.object(try setting(path.dropFirst(), value, in: inner))
        if let index { members[index].1 = changed } else { members.append((name, changed)) }
        return members
    }
}
