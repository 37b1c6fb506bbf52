import ArgumentParser
import CustomerStoreSQLite
import Customers
import Foundation
import GatewayConfiguration
import SharedState
import StrictJSON

struct SessionRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Refuse every session of somebody that was issued up to now; a running gateway follows within a second.",
        discussion: "A session that is issued later counts again: take the sign-in away in the application first."
    )

    @Option(name: .long, help: "Whose sessions, as `GET /session` and the decision log name the subject.")
    var subject: String

    @OptionGroup var options: SessionOptions

    func validate() throws {
        if subject.isEmpty { throw ValidationError("--subject must not be empty") }
    }

    func run() async throws {
        let settings = try options.files.settings()
        let now = UnixTime.now()
        let revocation = Revocation(
            .sessions(subject: subject), at: now, until: now + settings.sessions.longestLife + SessionRevocations.margin)
        try await SessionRevocations.attempt(settings) { store throws(SharedStateError) in try await store.revoke(revocation, at: now) }
        if options.output.json { return Console.print(revocation.json(subject: subject)) }
        Console.print(
            Console.printable("Sessions of \(subject) that were issued up to \(UnixTime.text(now)) are refused until they have expired."))
    }
}

struct SessionRevocationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "revocations", abstract: "List whose sessions are refused.")

    @OptionGroup var options: SessionOptions

    func run() async throws {
        let settings = try options.files.settings()
        let now = UnixTime.now()
        let all = try await SessionRevocations.attempt(settings) { store throws(SharedStateError) in try await store.revocations(at: now) }
        let sessions = all.compactMap { revocation -> (subject: String, revocation: Revocation)? in
            if case .sessions(let subject) = revocation.target { (subject, revocation) } else { nil }
        }
        if options.output.json {
            Console.print(.object([("revocations", .array(sessions.map { $0.revocation.json(subject: $0.subject) }))]))
        } else if sessions.isEmpty {
            Console.print("No sessions are revoked.")
        } else {
            var table = Table("SUBJECT", "ISSUED UP TO", "KEPT UNTIL")
            for (subject, revocation) in sessions { table.add(subject, UnixTime.text(revocation.at), UnixTime.text(revocation.until)) }
            Console.print(table.text)
        }
    }
}

/// The store of a command, and what its calls may come to.
enum SessionRevocations {
    /// Seconds by which the clocks of application and gateway may differ.
    static let margin: Int64 = 300

    static func attempt<Value: Sendable>(
        _ settings: Settings, _ body: (any RevocationStore) async throws(SharedStateError) -> Value
    ) async throws -> Value {
        do {
            return try await body(try open(settings))
        } catch let code as ExitCode {
            throw code
        } catch SharedStateError.unavailable(let message), StoreError.unavailable(let message) {
            throw Console.fail("the store cannot be used: \(message)", code: Console.Exit.unavailable)
        }
    }

    private static func open(_ settings: Settings) throws -> any RevocationStore {
        guard case .sqlite(let path) = settings.store else {
            throw Console.fail("this version does not support: store: postgres", code: Console.Exit.configuration)
        }
        try RunningGateway.makeFolder(of: path)
        return try SQLiteCustomerStore(path: path)
    }
}

extension Revocation {
    fileprivate func json(subject: String) -> JSONValue {
        .object([("subject", .string(subject)), ("at", .string(UnixTime.text(at))), ("until", .string(UnixTime.text(until)))])
    }
}
