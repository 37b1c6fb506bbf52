import Access
import Testing

@Suite("Addresses and networks")
struct IPAddressTests {
    @Test(
        "addresses are read strictly and written in one form",
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"), ("::1", "::1"),
            ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"), ("::ffff:10.0.0.1", "10.0.0.1"),
            ("::ffff:a00:1", "10.0.0.1"), ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
            ("::1.2.3.4", "::102:304"), ("1::1.2.3.4", "1::102:304"),
        ]
    )
    func accepted(text: String, form: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == form)
        #expect(IPAddress(form) == address)
    }

    @Test(
        "anything else is no address (H-17)",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.010", "1.2.3.256", "1.2.3.-4", "1.2.3.4 ", " 1.2.3.4", "0x7f.0.0.1",
            "1.2.3.4:80", "1..2.3", "1.2.3.", "::1%eth0", "[::1]", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::",
            ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "1:2:3:4:5:6:7::8", "::g", "::1.2.3", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", ":1.2.3.4",
            "1:1.2.3.4", "::1.2.3.04", "١.2.3.4",
        ]
    )
    func refused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("bytes in network order make the same address, mapped ones unmapped")
    func bytes() {
        #expect(IPAddress(bytes: [10, 0, 0, 1]) == IPAddress("10.0.0.1"))
        #expect(IPAddress(bytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1]) == IPAddress("10.0.0.1"))
        #expect(IPAddress(bytes: Array(repeating: 0, count: 15) + [1]) == IPAddress("::1"))
        #expect(IPAddress(bytes: [1, 2, 3]) == nil)
    }

    @Test(
        "a network holds its own addresses and no others (H-17)",
        arguments: [
            ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("10.0.0.0/8", "::10.1.2.3", false), ("0.0.0.0/0", "255.1.2.3", true), ("0.0.0.0/0", "::1", false), ("::/0", "::1", true),
            ("::/0", "1.2.3.4", false), ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1/32", "192.0.2.1", true), ("192.0.2.0/31", "192.0.2.1", true), ("192.0.2.0/31", "192.0.2.2", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::", false), ("::1", "::1", true),
            ("::1", "::2", false),
            ("2001:db8::/64", "2001:db8::ffff", true), ("2001:db8::/64", "2001:db8:0:1::", false),
            ("2001:db8::/65", "2001:db8::7fff:0:0:0", true), ("2001:db8::/65", "2001:db8:0:0:8000::", false),
        ]
    )
    func contains(network: String, address: String, isInside: Bool) throws {
        #expect(try CIDR(parsing: network).contains(try #require(IPAddress(address))) == isInside)
    }

    @Test(
        "networks that other readers take for more or less are refused (H-17)",
        arguments: [
            ("::ffff:10.0.0.0/8", nil), ("::ffff:10.0.0.0/104", nil), ("::ffff:10.0.0.1", "10.0.0.1"), ("::ffff:a00:0/120", nil),
            ("10.0.0.1/8", "10.0.0.0/8"), ("2001:db8::1/32", "2001:db8::/32"), ("010.0.0.0/8", nil), ("10.0.0.0/08", nil),
            ("10.0.0.0/33", nil), ("::/129", nil), ("10.0.0.0/", nil), ("10.0.0.0/-1", nil), ("10.0.0.0/8/8", nil),
            ("10.0.0.0/255.0.0.0", nil), ("10.0.0/8", nil), ("10/8", nil), ("/8", nil), ("", nil), ("*", nil), ("localhost", nil),
        ] as [(String, String?)]
    )
    func refusedNetworks(text: String, suggestion: String?) {
        let error = #expect(throws: CIDRError.self) { try CIDR(parsing: text) }
        #expect(error?.suggestion == suggestion)
    }
}

@Suite("Sets of roles and scopes")
struct BitSetTests {
    @Test("every bit is its own", arguments: [0, 1, 63, 64, 127, 128, 200, 255])
    func bits(index: Int) {
        let set = RoleSet([index])
        #expect(set.indices == [index])
        #expect(set.count == 1)
        #expect((0..<256).filter { set.contains($0) } == [index])
        #expect(!set.contains(-1) && !set.contains(256))
    }

    @Test("sets combine as sets do")
    func algebra() {
        let (a, b) = (ScopeSet([1, 70, 255]), ScopeSet([1, 2]))
        #expect(a.union(b).indices == [1, 2, 70, 255])
        #expect(a.intersection(b).indices == [1])
        #expect(a.subtracting(b).indices == [70, 255])
        #expect(!b.isSubset(of: a) && ScopeSet([70]).isSubset(of: a) && ScopeSet().isSubset(of: b))
        #expect(!a.isDisjoint(with: b) && ScopeSet([3]).isDisjoint(with: a))
        #expect(ScopeSet().isEmpty && !a.isEmpty)
    }
}
