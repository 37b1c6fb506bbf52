import Access
import GatewayCore
import Testing

@Suite("Requests from other sites")
struct CrossSiteTests {
    private static let listed = ["https://app.example.com", "http://localhost:3000", "https://app.example.com:8443", "http://[::1]:3000"]

    struct Row: Sendable, CustomTestStringConvertible {
        var host = "gateway.test"
        var isSecure = false
        var lines: [String]
        var isAllowed = false
        var testDescription: String { "\(isSecure ? "https" : "http") \(host) \(lines.joined(separator: ", "))" }
    }

    private static func own(_ host: String, _ isSecure: Bool, _ origin: String, _ isAllowed: Bool) -> Row {
        Row(host: host, isSecure: isSecure, lines: ["Origin: \(origin)"], isAllowed: isAllowed)
    }

    static let rows: [Row] = [
        // Nothing says where it comes from
        Row(lines: []), Row(lines: ["Referer: http://gateway.test/"]), Row(lines: ["X-Requested-With: XMLHttpRequest"]),
        Row(lines: ["Sec-Fetch-Site: same-site"]), Row(lines: ["Sec-Fetch-Site: cross-site"]), Row(lines: ["Sec-Fetch-Site: none"]),
        Row(lines: ["Sec-Fetch-Site: Same-Origin"]), Row(lines: ["Sec-Fetch-Site: same-origin, x"]), Row(lines: ["Sec-Fetch-Site: "]),
        Row(lines: ["Sec-Fetch-Mode: cors"]), Row(lines: ["Sec-Fetch-Site: same-origin"], isAllowed: true),
        // Origin wins over Sec-Fetch-Site
        Row(lines: ["Origin: https://evil.example", "Sec-Fetch-Site: same-origin"]),
        Row(lines: ["Origin: null", "Sec-Fetch-Site: same-origin"]),
        Row(lines: ["Origin: ", "Sec-Fetch-Site: same-origin"]),
        // The gateway's own
        own("gateway.test", false, "http://gateway.test", true), own("gateway.test:80", false, "http://gateway.test", true),
        own("gateway.test:8080", false, "http://gateway.test:8080", true), own("GATEWAY.test", false, "http://gateway.test", true),
        own("127.0.0.1:8080", false, "http://127.0.0.1:8080", true), own("[::1]:8080", false, "http://[::1]:8080", true),
        own("[::1]", false, "http://[::1]", true), own("gateway.test", true, "https://gateway.test", true),
        own("gateway.test:443", true, "https://gateway.test", true), own("gateway.test:8443", true, "https://gateway.test:8443", true),
        own("gateway.test", false, "https://gateway.test", false), own("gateway.test", true, "http://gateway.test", false),
        own("gateway.test:443", false, "http://gateway.test", false), own("gateway.test:80", true, "https://gateway.test", false),
        own("gateway.test:8080", false, "http://gateway.test", false), own("gateway.test", false, "http://gateway.test:8080", false),
        own("gateway.test", false, "http://gateway.test/", false), own("gateway.test", false, "HTTP://gateway.test", false),
        own("gateway.test", false, "gateway.test", false), own("gateway.test", false, "//gateway.test", false),
        own("gateway.test", false, "http://xgateway.test", false), own("gateway.test", false, "http://gateway.test.evil.example", false),
        own("gateway.test", false, "http://gateway.tes", false), own("gateway.test", false, "http://evil.example", false),
        own("gateway.test", false, "http://a@gateway.test", false),
        own("gateway.test", false, "http://gateway.test http://gateway.test", false),
        own("gateway.test", false, "http://gateway.test, http://evil.example", false), own("gateway.test", false, "null", false),
        own("null", false, "null", false), own("gateway.test", false, "*", false), own("gateway.test", false, "http://", false),
        // Those that are listed
        own("gateway.test", false, "https://app.example.com", true), own("gateway.test", false, "http://localhost:3000", true),
        own("gateway.test", false, "https://app.example.com:8443", true), own("gateway.test", false, "http://[::1]:3000", true),
        own("gateway.test", false, "http://app.example.com", false), own("gateway.test", false, "https://app.example.com:443", false),
        own("gateway.test", false, "https://app.example.com:444", false), own("gateway.test", false, "https://app.example.com.evil", false),
        own("gateway.test", false, "https://app.example.co", false), own("gateway.test", false, "https://APP.example.com", false),
        own("gateway.test", false, "https://sub.app.example.com", false), own("gateway.test", false, "http://localhost:30000", false),
        own("gateway.test", false, "http://localhost", false), own("gateway.test", false, "https://app.example.com\u{00A0}", false),
    ]

    private func desk() throws -> Desk { try Desk(secure: .both, origins: Self.listed) }
    private func cookie() throws -> String { "Cookie: authjs.session-token=\(try Desk.session())" }

    @Test("a cookie session changes something only from an allowed origin", arguments: rows)
    func unsafe(_ row: Row) throws {
        var desk = try desk()
        for method in ["POST", "PUT", "PATCH"] {
            let admission = try desk.admit(
                ([try cookie()] + row.lines).joined(separator: "\r\n"), path: "/c", method: method, host: row.host, isSecure: row.isSecure)
            #expect(admission.outcomeText == (row.isAllowed ? "user_01" : "403 cross_site cross_site"), "\(method)")
            // The log knows whose session it was.
            #expect(admission.caller?.principal.subject == "user_01")
        }
        // Bearer tokens do not travel by themselves.
        let bearer = "Authorization: Bearer \(try Desk.session())"
        #expect(
            try desk.admit(
                ([bearer] + row.lines).joined(separator: "\r\n"), path: "/c", method: "POST", host: row.host, isSecure: row.isSecure
            ).outcomeText == "user_01")
        // Reading is what CORS is for.
        #expect(
            try desk.admit(([try cookie()] + row.lines).joined(separator: "\r\n"), path: "/c", host: row.host, isSecure: row.isSecure)
                .outcomeText == "user_01")
    }

    @Test("answers tell an allowed origin, by its name, that it may see them, and no other", arguments: rows)
    func answers(_ row: Row) throws {
        var desk = try desk()
        let origin = row.lines.first { $0.hasPrefix("Origin: ") }.map { String($0.dropFirst(8)) }
        let isAllowed = row.isAllowed && origin != nil
        for (path, credential) in [
            ("/c", try cookie()), ("/c", "X: y"), ("/nowhere", "X: y"), ("/open", "X: y"), ("/session", try cookie()),
        ] {
            let admission = try desk.admit(
                ([credential] + row.lines).joined(separator: "\r\n"), path: path, host: row.host, isSecure: row.isSecure)
            #expect(admission.header("access-control-allow-origin") == (isAllowed ? [try #require(origin)] : []), "\(path)")
            #expect(admission.header("access-control-allow-credentials") == (isAllowed ? ["true"] : []))
            #expect(admission.header("access-control-expose-headers").isEmpty == !isAllowed)
            #expect(admission.header("vary") == ["Origin"])
        }
    }

    @Test("with no origin listed, nothing varies and only the own one is told")
    func ownOnly() throws {
        var desk = try Desk()
        #expect(try desk.admit("X: y").originHeaders.isEmpty)
        #expect(try desk.admit("Origin: https://app.example.com").originHeaders.isEmpty)
        #expect(try desk.admit("Origin: http://gateway.test").header("access-control-allow-origin") == ["http://gateway.test"])
    }

    @Test("a denied request is told as denied only from an allowed origin")
    func order() throws {
        var desk = try desk()
        let session = try Desk.session(roles: [])
        #expect(
            try desk.admit("Cookie: authjs.session-token=\(session)", path: "/c", method: "POST").outcomeText == "403 cross_site cross_site"
        )
        #expect(
            try desk.admit("Cookie: authjs.session-token=x", path: "/c", method: "POST").outcomeText
                == "401 invalid_session malformed_token")
        #expect(try desk.admit(cookie(), path: "/nowhere", method: "POST").outcomeText == "404 not_found no_route")
        #expect(try desk.admit(cookie(), path: "/session", method: "POST").outcomeText == "405 method_not_allowed method_not_allowed")
        #expect(try desk.admit(cookie(), path: "/open", method: "POST").outcomeText == "nobody")
        #expect(try desk.admit(cookie(), path: "/c/7", method: "DELETE").outcomeText == "403 cross_site cross_site")
    }

    @Test("a WebSocket's handshake is no plain read", arguments: ["websocket", "WebSocket", "h2c, websocket", "h2c\r\nUpgrade: websocket"])
    func webSocket(upgrade: String) throws {
        var desk = try desk()
        let lines = [try cookie(), "Connection: upgrade", "Upgrade: \(upgrade)"].joined(separator: "\r\n")
        #expect(try desk.admit(lines, path: "/c").outcomeText == "403 cross_site cross_site")
        #expect(try desk.admit(lines, "Origin: https://evil.example", path: "/c").outcomeText == "403 cross_site cross_site")
        #expect(try desk.admit(lines, "Origin: https://app.example.com", path: "/c").outcomeText == "user_01")
        #expect(try desk.admit(cookie(), "Connection: upgrade", "Upgrade: h2c", path: "/c").outcomeText == "user_01")
    }

    // MARK: Preflight

    private let ask = "Access-Control-Request-Method: PUT"

    @Test("a preflight of an allowed origin is answered from the routes")
    func preflight() throws {
        var desk = try desk()
        let rows = [
            ("/c", "GET, HEAD, POST, PUT, PATCH, OPTIONS"), ("/c/7", "DELETE, OPTIONS"), ("/open", "GET, HEAD, POST, OPTIONS"),
            ("/session", "GET, HEAD, OPTIONS"),
        ]
        for (path, methods) in rows {
            let admission = try desk.admit(
                "Origin: https://app.example.com", ask, "Access-Control-Request-Headers: content-type, x-custom_1", path: path,
                method: "OPTIONS")
            #expect(admission.outcomeText == "options")
            #expect(admission.header("access-control-allow-origin") == ["https://app.example.com"])
            #expect(admission.header("access-control-allow-credentials") == ["true"])
            #expect(admission.header("access-control-allow-methods") == [methods])
            #expect(admission.header("access-control-allow-headers") == ["content-type, x-custom_1"])
            #expect(admission.header("access-control-max-age") == ["600"])
            #expect(
                admission.header("vary").joined(separator: ", ") == "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
        }
        #expect(
            try desk.admit("Origin: https://app.example.com", ask, path: "/nowhere", method: "OPTIONS").outcomeText
                == "404 not_found no_route")
    }

    @Test("a preflight reads no credential, since a browser sends none")
    func preflightCredential() throws {
        var desk = try desk()
        for line in ["Cookie: authjs.session-token=junk", "Authorization: Bearer junk"] {
            #expect(try desk.admit(line, "Origin: https://app.example.com", ask, path: "/c", method: "OPTIONS").outcomeText == "options")
        }
    }

    @Test("nobody else's preflight is answered", arguments: rows.filter { !$0.isAllowed || $0.lines == ["Sec-Fetch-Site: same-origin"] })
    func preflightRefused(_ row: Row) throws {
        var desk = try desk()
        let admission = try desk.admit(
            (row.lines + [ask]).joined(separator: "\r\n"), path: "/c", method: "OPTIONS", host: row.host, isSecure: row.isSecure)
        #expect(admission.originHeaders.map(\.0) == ["vary"])
    }

    @Test(
        "without Access-Control-Request-Method it is no preflight, and a list of odd names is not repeated",
        arguments: [
            "a/b", "a\tb", "x\u{7F}", "a\"b", "a;b", String(repeating: "a", count: 1025), "",
        ])
    func oddPreflights(names: String) throws {
        var desk = try desk()
        let plain = try desk.admit("Origin: https://app.example.com", "Access-Control-Request-Headers: a", path: "/c", method: "OPTIONS")
        #expect(plain.header("access-control-allow-methods").isEmpty)
        guard !names.contains("\u{7F}") else { return }
        let odd = try desk.admit(
            "Origin: https://app.example.com", ask, "Access-Control-Request-Headers: \(names)", path: "/c", method: "OPTIONS")
        #expect(odd.header("access-control-allow-methods").count == 1)
        #expect(odd.header("access-control-allow-headers").isEmpty)
    }
}
