import Foundation
import GatewayTesting
import Glibc
import OpenSSLCrypto
import StrictJSON
import Synchronization
import Testing

@Suite("Crashes and restarts", .ownThread)
struct CrashTests {
    /// What clients were told, filled by several threads.
    private final class Told: Sendable {
        let customers = Mutex<[String: String]>([:])
    }

    @Test("every customer that was answered for is there after each of ten kill -9")
    func kill9() throws {
        let place = try Place()
        let acme = try place.addPartner("acme")
        let told = Told()
        for round in 1...10 { try Self.createUntilKilled(place, acme, told, round) }
        let customers = told.customers.withLock { $0 }
        try place.serving { gateway in
            let connection = try gateway.connect()
            let bearer = "Authorization: Bearer \(try gateway.token(acme))"
            for (id, name) in customers {
                let read = try connection.get("\(Gateway.customers)/\(id)", bearer)
                #expect(read.status == 200)
                #expect(read.json?["name"]?.string == name)
            }
            try gateway.stop()
        }
        DecisionChain.check(try place.decisions())
    }

    /// Four clients that create until the gateway is gone, which is when it has answered for thirty more.
    private static func createUntilKilled(_ place: Place, _ acme: Place.Partner, _ told: Told, _ round: Int) throws {
        try place.serving { gateway in
            let bearer = "Authorization: Bearer \(try gateway.token(acme))"
            let clients = DispatchGroup()
            let before = told.customers.withLock { $0.count }
            for client in 1...4 {
                let address = gateway.address
                clients.enter()
                Thread.detachNewThread {
                    defer { clients.leave() }
                    guard let connection = try? Connection(address) else { return }
                    // Until the gateway is gone.
                    for number in 1... {
                        let name = "Customer \(round)-\(client)-\(number)"
                        guard let answer = try? connection.post(Gateway.customers, Gateway.customer(name), bearer), answer.status == 201,
                            let id = answer.json?["id"]?.string
                        else { return }
                        told.customers.withLock { $0[id] = name }
                    }
                }
            }
            #expect(eventually { told.customers.withLock { $0.count } >= before + 30 })
            gateway.program.signal(SIGKILL)
            #expect(try gateway.program.status() == -SIGKILL)
            clients.wait()
        }
    }

    @Test("what an Idempotency-Key was answered is answered again after a kill -9")
    func idempotency() throws {
        let place = try Place()
        let acme = try place.addPartner("acme")
        func create(_ gateway: Gateway, _ name: String = "Once") throws -> Connection.Response {
            try gateway.connect().post(
                Gateway.customers, Gateway.customer(name), "Authorization: Bearer \(gateway.token(acme))", "Idempotency-Key: order-1"
            )
        }
        let first = try place.serving { gateway in
            let first = try create(gateway)
            gateway.program.signal(SIGKILL)
            _ = try gateway.program.status()
            return first
        }
        #expect(first.status == 201)
        #expect(first.headers["idempotent-replayed"] == nil)
        try place.serving { gateway in
            let again = try create(gateway)
            #expect(again.status == 201)
            #expect(again.headers["idempotent-replayed"] == "true")
            #expect(again.body == first.body)
            #expect(try create(gateway, "Other").json?["code"]?.string == "idempotency_key_reused")
            let list = try gateway.connect().get(Gateway.customers, "Authorization: Bearer \(gateway.token(acme))")
            #expect(list.json?["data"]?.elements.count == 1)
        }
    }

    @Test("the decision log's chain goes on over stops, kills and a torn last line")
    func chain() throws {
        let place = try Place()
        var lengths: [Int] = []
        for round in 1...4 {
            try place.serving { gateway in
                let connection = try gateway.connect()
                for _ in 1...3 { #expect(try connection.get(Gateway.customers).status == 401) }
                if round == 2 {
                    #expect(try eventually { try place.decisions().count == lengths[0] + 3 })
                    gateway.program.signal(SIGKILL)
                    _ = try gateway.program.status()
                } else {
                    try gateway.stop()
                }
            }
            lengths.append(try place.decisions().count)
            DecisionChain.check(try place.decisions())
        }
        #expect(lengths == [3, 6, 9, 12])

        // A machine that lost its power in the middle of a line.
        let text = try place.read("data/decisions.jsonl")
        try place.write("data/decisions.jsonl", text + #"{"time":"2026-01-01T00:0"#)
        try place.serving { gateway in
            #expect(try gateway.connect().get(Gateway.customers).status == 401)
            try gateway.stop()
        }
        // What was cut was never a record, so the next one takes its place.
        let lines = try place.decisions()
        #expect(lines.count == 13)
        DecisionChain.check(lines)
        #expect(try place.run("audit", "verify").status == 0)
    }

    @Test("the check of the chain finds a changed, a missing and an exchanged line")
    func checker() throws {
        let place = try Place()
        try place.serving { gateway in
            let connection = try gateway.connect()
            for _ in 1...4 { _ = try connection.get(Gateway.customers) }
            try gateway.stop()
        }
        let lines = try place.decisions()
        #expect(DecisionChain.firstBroken(lines) == nil)
        #expect(DecisionChain.firstBroken([lines[0], lines[2], lines[3]]) == 1)
        #expect(DecisionChain.firstBroken([lines[1], lines[0]]) == 0)
        #expect(DecisionChain.firstBroken([lines[0], lines[1].replacing("deny", with: "allow")]) == 1)
    }
}

/// The chain as the contract describes it, computed here anew.
enum DecisionChain {
    static func check(_ lines: [String], location: SourceLocation = #_sourceLocation) {
        #expect(!lines.isEmpty, sourceLocation: location)
        #expect(firstBroken(lines) == nil, sourceLocation: location)
    }

    /// Index of the first line whose `prev` is not the hash of the line before, or whose `hash` is not its own.
    static func firstBroken(_ lines: [String]) -> Int? {
        var previous = String(repeating: "0", count: 64)
        for (index, line) in lines.enumerated() {
            guard let root = try? JSONDocument(Array(line.utf8)).root, root["prev"]?.string == previous, let hash = root["hash"]?.string,
                let end = line.range(of: #","hash":"#, options: .backwards)?.lowerBound, digest(String(line[..<end])) == hash
            else { return index }
            previous = hash
        }
        return nil
    }

    private static func digest(_ text: String) -> String {
        let digits = Array("0123456789abcdef")
        return String(Digest.hash(.sha256, Array(text.utf8)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
