import Foundation
import Glibc
import StrictJSON
import Testing

/// A gateway that runs as a process of its own and has said that it is ready.
final class Gateway {
    let program: Program
    let place: Place
    /// The record it said so with.
    let ready: JSONElement
    /// Host and port.
    let address: String
    let admin: String
    /// How far `record` has read.
    private var position = 0

    init(_ program: Program, of place: Place) throws {
        self.program = program
        self.place = place
        var position = 0
        let record = program.errors.first(from: &position, within: 60) { Self.record($0, event: "ready") }
        guard let record, let address = record["address"]?.string, let admin = record["admin"]?.string else {
            throw Program.Failure(description: "not ready: \(program.errors.lines)")
        }
        self.ready = record
        self.address = address
        self.admin = admin
        self.position = position
    }

    /// The next log record of that event, waiting for it if need be.
    func record(_ event: String, location: SourceLocation = #_sourceLocation) throws -> JSONElement {
        let found = program.errors.first(from: &position, within: 30) { Self.record($0, event: event) }
        return try #require(found, "no `\(event)` in \(program.errors.lines)", sourceLocation: location)
    }

    private static func record(_ line: String, event: String) -> JSONElement? {
        guard let root = try? JSONDocument(Array(line.utf8)).root, root["event"]?.string == event else { return nil }
        return root
    }

    func connect() throws -> Connection { try Connection(address) }

    /// Stops it gracefully.
    func stop(location: SourceLocation = #_sourceLocation) throws {
        program.signal(SIGTERM)
        #expect(try program.status() == 0, sourceLocation: location)
    }

    // MARK: What partners do

    func askForToken(_ partner: Place.Partner) throws -> Connection.Response {
        try connect().post(
            "/oauth2/token", "grant_type=client_credentials", type: "application/x-www-form-urlencoded",
            "Authorization: Basic \(partner.basicCredentials)"
        )
    }

    func token(_ partner: Place.Partner, location: SourceLocation = #_sourceLocation) throws -> String {
        let response = try askForToken(partner)
        return try #require(response.json?["access_token"]?.string, "\(response)", sourceLocation: location)
    }

    /// The id of a new customer.
    func createCustomer(_ name: String, token: String, location: SourceLocation = #_sourceLocation) throws -> String {
        let response = try connect().post(Self.customers, Self.customer(name), "Authorization: Bearer \(token)")
        #expect(response.status == 201, "\(response)", sourceLocation: location)
        return try #require(response.json?["id"]?.string, sourceLocation: location)
    }

    static let customers = "/api/provisioning/customers"

    static func customer(_ name: String) -> String { #"{"name":"\#(name)","contactEmail":"office@example.com"}"# }
}

/// Asks again and again until it is so; false when it is not within that time.
func eventually(within seconds: Double = 30, _ holds: () throws -> Bool) rethrows -> Bool {
    let limit = ContinuousClock.now + .seconds(seconds)
    while try !holds() {
        if ContinuousClock.now > limit { return false }
        Thread.sleep(forTimeInterval: 0.01)
    }
    return true
}
