import Foundation
import GatewayTesting
import StrictJSON
import Synchronization
import Testing

@Suite("Keys, secrets and policies that are changed while requests come", .ownThread)
struct RotationTests {
    /// What clients of several threads use and saw.
    private final class Traffic: Sendable {
        let partner: Mutex<Place.Partner>
        let isOver = Mutex(false)
        /// By what was asked and answered.
        let counts = Mutex<[String: Int]>([:])

        init(_ partner: Place.Partner) { self.partner = Mutex(partner) }

        func note(_ what: String, _ status: Int) { counts.withLock { $0["\(what) \(status)", default: 0] += 1 } }

        /// Obtains a token and uses it, again and again.
        func run(_ address: String) {
            while !isOver.withLock({ $0 }) {
                guard let connection = try? Connection(address) else { return note("connect", 0) }
                let partner = partner.withLock { $0 }
                let asked = try? connection.post(
                    "/oauth2/token", "grant_type=client_credentials", type: "application/x-www-form-urlencoded",
                    "Authorization: Basic \(partner.basicCredentials)"
                )
                note("token", asked?.status ?? 0)
                guard let token = asked?.json?["access_token"]?.string else { continue }
                for _ in 0..<20 {
                    note("list", (try? connection.get(Gateway.customers, "Authorization: Bearer \(token)"))?.status ?? 0)
                }
            }
        }
    }

    @Test("ten keys, a secret and a hundred reloads under load: not one valid request is refused, and tokens of before go on counting")
    func underLoad() throws {
        let place = try Place()
        let acme = try place.addPartner("acme")
        let traffic = Traffic(acme)
        try place.serving { gateway in
            let first = try gateway.token(acme)
            let clients = DispatchGroup()
            for _ in 0..<3 {
                let address = gateway.address
                clients.enter()
                Thread.detachNewThread {
                    traffic.run(address)
                    clients.leave()
                }
            }
            var kids: Set<String> = []
            let admin = try Connection(gateway.admin)
            for round in 1...10 {
                let rotated = try place.run("keys", "rotate", round % 5 == 0 ? "assertion" : "token", "--json")
                #expect(rotated.status == 0, "\(rotated.error)")
                for _ in 1...10 {
                    try place.write("policies/policy.yaml", Place.shippedPolicy + "\n# \(round)\n")
                    try admin.send("POST", "/reload", [])
                    #expect(try admin.response().status == 200)
                }
                let token = try gateway.token(traffic.partner.withLock { $0 })
                let header = token.split(separator: ".").first.map(String.init) ?? ""
                kids.insert(header)
                if round == 5 {
                    let secret = try place.run("partner", "rotate", "acme", "--overlap", "1h", "--json")
                    let json = try JSONDocument(Array(secret.output.utf8)).root
                    let next = Place.Partner(id: "acme", secret: try #require(json["client_secret"]?.string, "\(secret.error)"))
                    #expect(try eventually { try gateway.askForToken(next).status == 200 })
                    traffic.partner.withLock { $0 = next }
                }
            }
            traffic.isOver.withLock { $0 = true }
            clients.wait()
            #expect(kids.count >= 8)
            let connection = try gateway.connect()
            #expect(try connection.get(Gateway.customers, "Authorization: Bearer \(first)").status == 200)
            #expect(try gateway.askForToken(acme).status == 200)
            try gateway.stop()
        }
        let counts = traffic.counts.withLock { $0 }
        #expect(Set(counts.keys) == ["token 200", "list 200"], "\(counts)")
        #expect(counts["list 200"] ?? 0 > 100)
    }
}
