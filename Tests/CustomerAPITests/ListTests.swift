import Access
import CustomerAPI
import GatewayTesting
import StrictJSON
import Testing

@Suite(.ownThread) struct ListTests {
    /// Customers `number` of tenant acme, one a millisecond; every third is globex's.
    static func fill(_ gateway: TestGateway, _ count: Int) async throws -> [String] {
        var own: [String] = []
        for number in 0..<count {
            var gateway = gateway
            gateway.now += Int64(number)
            let path = try await gateway.create(
                number % 3 == 2 ? .globex : .acme,
                #"{"name":"N\#(number)","contactEmail":"a+\#(number % 2)@b.co","externalId":"e \#(number)"}"#)
            if number % 3 != 2 { own.append(String(path.split(separator: "/").last ?? "")) }
        }
        return own.reversed()
    }

    @Test("Pages show one's own customers once each, newest first", arguments: StoreKind.allCases)
    func pages(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let own = try await Self.fill(gateway, 12)
            for limit in [1, 3, 4, 7, 8, 200] {
                var found: [String] = []
                var cursor: String?
                repeat {
                    let query = "limit=\(limit)" + (cursor.map { "&cursor=\($0)" } ?? "")
                    let answer = try await gateway.call(.acme, .get, query: query)
                    #expect(answer.status == 200 && answer.identifiers.count <= limit)
                    found += answer.identifiers
                    cursor = answer["next"]
                } while cursor != nil
                #expect(found == own, "limit \(limit)")
            }
            #expect(try await gateway.call(.support, .get).identifiers.count == 12)
            #expect(try await gateway.call(.support, .get, query: "tenant=acme").identifiers == own)
            #expect(try await gateway.call(.support, .get, query: "tenant=none").text == #"{"data":[],"next":null}"#)
            #expect(try await gateway.call(.tenant("none"), .get).text == #"{"data":[],"next":null}"#)
        }
    }

    @Test("Without a limit a page has 50, and a list item is what GET shows", arguments: StoreKind.allCases)
    func defaultLimit(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let own = try await Self.fill(gateway, 77)
            let answer = try await gateway.call(.acme, .get)
            #expect(answer.identifiers == Array(own.prefix(50)))
            let rest = try await gateway.call(.acme, .get, query: "cursor=\(try #require(answer["next"]))")
            #expect(rest.identifiers == Array(own.dropFirst(50)) && rest["next"] == nil)
            let one = try await gateway.call(.acme, .get, at: TestGateway.path + "/" + (own.first ?? ""))
            #expect(answer.text.hasPrefix(#"{"data":[\#(one.text),"#))
        }
    }

    @Test("Customers created between two pages shift nothing", arguments: StoreKind.allCases)
    func stable(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let own = try await Self.fill(gateway, 9)
            let first = try await gateway.call(.acme, .get, query: "limit=3")
            var later = gateway
            later.now += 1_000
            for _ in 0..<3 { _ = try await later.create(.acme) }
            let rest = try await gateway.call(.acme, .get, query: "limit=200&cursor=\(try #require(first["next"]))")
            #expect(first.identifiers + rest.identifiers == own)
        }
    }

    @Test(
        "Filters choose by the numbers of the customers",
        arguments: [
            ("externalId=e+4", [4]), ("externalId=e%204", [4]), ("externalId=e%202", []), ("externalId=E+4", []),
            ("contactEmail=a%2B1@b.co", [7, 3, 1]), ("contactEmail=a%2B0%40b.co", [6, 4, 0]), ("contactEmail=b@b.co", []),
            ("name=N", [7, 6, 4, 3, 1, 0]), ("name=N1", [1]), ("name=n1", []), ("name=%25", []),
            ("createdAfter=2026-03-01T12:00:00.003Z", [7, 6, 4]), ("createdAfter=2026-03-01T12:00:00.0029Z", [7, 6, 4, 3]),
            ("createdAfter=2026-03-01T12:00:00.0031Z", [7, 6, 4]), ("createdBefore=2026-03-01T12:00:00.003Z", [1, 0]),
            ("createdBefore=2026-03-01T12:00:00.0030001Z", [3, 1, 0]), ("createdBefore=2026-03-01t12:00:00z", []),
            ("createdBefore=2026-03-01T14:00:00.004%2B02:00", [3, 1, 0]), ("createdAfter=2026-03-01T11:59:59-00:00", [7, 6, 4, 3, 1, 0]),
            ("createdAfter=2026-03-01T12:00:00.001Z&createdBefore=2026-03-01T12:00:00.006Z", [4, 3]),
            ("name=N&contactEmail=a%2B0@b.co&createdAfter=2026-03-01T12:00:00Z&limit=1", [6]), ("&&name=N1&", [1]),
            ("", [7, 6, 4, 3, 1, 0]),
        ] as [(String, [Int])])
    func filters(_ query: String, _ numbers: [Int]) async throws {
        for kind in StoreKind.allCases {
            try await TestGateway.with(kind) { gateway in
                _ = try await Self.fill(gateway, 9)
                let answer = try await gateway.call(.acme, .get, query: query)
                #expect(answer.status == 200, "\(answer.text)")
                let names = (answer.json?["data"]?.elements ?? []).compactMap { $0["name"]?.string }
                #expect(names == numbers.map { "N\($0)" })
            }
        }
    }

    @Test(
        "A parameter that is unknown, stands twice or has a bad value is named",
        arguments: [
            // unknown
            ("x=1", "x"), ("Limit=1", "Limit"), ("offset=1", "offset"), ("externalid=x", "externalid"), ("%6Cimi=1", "limi"),
            ("=1", ""), ("limit%00=1", "limit\u{0}"), ("tenant=globex", "tenant"), ("tenant=acme", "tenant"), ("%ff=1", "%ff"),
            ("name[]=x", "name[]"),
            // twice
            ("limit=1&limit=1", "limit"), ("name=a&%6Eame=a", "name"), ("limit=1&x=1", "x"), ("limit=1&name=a&limit=2", "limit"),
            // limit
            ("limit=0", "limit"), ("limit=201", "limit"), ("limit=-1", "limit"), ("limit=%2B1", "limit"), ("limit=+1", "limit"),
            ("limit=1.0", "limit"), ("limit=01", "limit"), ("limit=", "limit"), ("limit", "limit"), ("limit=ten", "limit"),
            ("limit=99999999999999999999", "limit"), ("limit=1%00", "limit"), ("limit=%D9%A1", "limit"),
            // texts
            ("externalId=", "externalId"), ("externalId=\(String(repeating: "x", count: 101))", "externalId"), ("name=", "name"),
            ("name=\(String(repeating: "x", count: 201))", "name"), ("name=%ff", "name"), ("name=%4", "name"), ("name=%zz", "name"),
            ("name=%c3%28", "name"), ("contactEmail=ada", "contactEmail"), ("contactEmail=a+1@b.co", "contactEmail"),
            // times
            ("createdAfter=", "createdAfter"), ("createdAfter=2026", "createdAfter"), ("createdAfter=2026-03-01", "createdAfter"),
            ("createdAfter=2026-03-01T12:00:00", "createdAfter"), ("createdAfter=2026-02-29T12:00:00Z", "createdAfter"),
            ("createdBefore=2026-13-01T12:00:00Z", "createdBefore"), ("createdBefore=2026-03-01T24:00:00Z", "createdBefore"),
            ("createdBefore=2026-03-01T14:00:00+02:00", "createdBefore"), ("createdBefore=1772366400", "createdBefore"),
            // cursor
            ("cursor=", "cursor"), ("cursor=x", "cursor"), ("cursor=00", "cursor"),
            ("cursor=\(String(repeating: "0", count: 112))", "cursor"),
        ])
    func invalidParameters(_ query: String, _ parameter: String) async throws {
        try await TestGateway.with(.memory) { gateway in
            try await gateway.call(.acme, .get, query: query).expectProblem(400, "invalid_parameter", ("parameter", parameter))
            try await gateway.call(.acme, .head, query: query).expectProblem(400, "invalid_parameter", ("parameter", parameter))
        }
    }

    @Test("A cursor is good for its own tenant and filter only, and all others are refused alike", arguments: StoreKind.allCases)
    func cursors(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            _ = try await Self.fill(gateway, 12)
            let filter = "name=N&createdAfter=2026-03-01T11:00:00Z"
            let cursor = try #require(try await gateway.call(.acme, .get, query: "limit=1&\(filter)")["next"])
            let plain = try #require(try await gateway.call(.acme, .get, query: "limit=1")["next"])
            let support = try #require(try await gateway.call(.support, .get, query: "limit=1")["next"])
            // The limit may change between pages.
            #expect(try await gateway.call(.acme, .get, query: "limit=3&\(filter)&cursor=\(cursor)").identifiers.count == 3)
            #expect(try await gateway.call(.support, .get, query: "\(filter)&cursor=\(cursor)&tenant=acme").status == 200)
            var refusals: Set<String> = []
            for (who, query) in [
                (.acme, "cursor=\(cursor)"), (.acme, "name=N1&createdAfter=2026-03-01T11:00:00Z&cursor=\(cursor)"),
                (.acme, "name=N&createdBefore=2026-03-01T11:00:00Z&cursor=\(cursor)"), (.acme, "name=N&cursor=\(cursor)"),
                (.acme, "externalId=N&createdAfter=2026-03-01T11:00:00Z&cursor=\(cursor)"), (.acme, "\(filter)&cursor=\(plain)"),
                (.globex, "\(filter)&cursor=\(cursor)"), (.globex, "cursor=\(plain)"), (.support, "cursor=\(plain)"),
                (.support, "tenant=globex&cursor=\(plain)"), (.acme, "cursor=\(support)"), (.support, "tenant=acme&cursor=\(support)"),
                (.nobody, "cursor=\(plain)"), (.acme, "cursor=\(plain.uppercased())"), (.acme, "cursor=\(plain)00"),
                (.acme, "cursor=\(plain.dropLast(2))"), (.acme, "cursor=\(plain.dropFirst(2))"), (.acme, "cursor=%20\(plain)"),
            ] as [(Who, String)] {
                let answer = try await gateway.call(who, .get, query: query)
                answer.expectProblem(400, "invalid_parameter", ("parameter", "cursor"))
                refusals.insert(answer.text)
            }
            for position in 0..<plain.utf8.count {
                var digits = Array(plain.utf8)
                digits[position] = digits[position] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
                let answer = try await gateway.call(.acme, .get, query: "cursor=\(String(decoding: digits, as: UTF8.self))")
                answer.expectProblem(400, "invalid_parameter", ("parameter", "cursor"))
                refusals.insert(answer.text)
            }
            #expect(refusals.count == 1)
        }
    }
}
