import Foundation
import GatewayTesting
import StrictJSON
import Testing

@Suite("A clock that is stepped while the gateway runs", .ownThread)
struct ClockTests {
    /// Debian's libfaketime, which tells a program the time that a file says.
    private static func steppable() throws -> String {
        let folders = try FileManager.default.contentsOfDirectory(atPath: "/usr/lib")
        let found = folders.map { "/usr/lib/\($0)/faketime/libfaketimeMT.so.1" }.first { FileManager.default.fileExists(atPath: $0) }
        return try #require(found, "libfaketime is not installed; the Makefile does that")
    }

    @Test("an hour forward and back: tokens are judged by the clock as it is, nothing stops, and the decision log stays whole")
    func stepped() throws {
        let place = try Place()
        let acme = try place.addPartner("acme")
        try place.write("clock", "+0")
        let environment = [
            "LD_PRELOAD": try Self.steppable(), "FAKETIME_TIMESTAMP_FILE": "\(place.path)/clock", "FAKETIME_NO_CACHE": "1",
            // Deadlines go by the clock that nobody can set.
            "DONT_FAKE_MONOTONIC": "1",
        ]
        try place.serving(environment: environment) { gateway in
            let connection = try gateway.connect()
            func status(_ token: String) throws -> Int { try connection.get(Gateway.customers, "Authorization: Bearer \(token)").status }
            let first = try gateway.token(acme)
            #expect(try status(first) == 200)

            try place.write("clock", "+3600")
            #expect(try eventually { try status(first) == 401 })
            let ahead = try gateway.token(acme)
            #expect(try status(ahead) == 200)
            _ = try gateway.createCustomer("In an hour", token: ahead)

            // What was issued in the hour that has not come yet is not valid yet, remembered or not.
            try place.write("clock", "+0")
            #expect(try eventually { try status(ahead) == 401 })
            #expect(try status(first) == 200)
            _ = try gateway.createCustomer("Now", token: gateway.token(acme))
            try gateway.stop()
        }
        DecisionChain.check(try place.decisions())
    }
}
