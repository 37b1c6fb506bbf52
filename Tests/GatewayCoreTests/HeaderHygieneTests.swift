import Foundation
import HTTPWire
import Testing

@testable import GatewayCore

/// Which fields pass the gateway, name by name: the sockets' tests show some of these with everything around them.
@Suite("Header hygiene")
struct HeaderHygieneTests {
    /// The names that may reach an upstream, of a request with one field of each.
    static func passing(_ names: [String]) throws -> [String] {
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\(names.map { "\($0): x\r\n" }.joined())\r\n".utf8)
        var parser = RequestHeadParser(limits: WireLimits())
        #expect(try parser.parse(bytes.span))
        let head = parser.head
        return head.fields.filter { HeaderHygiene.mayReachUpstream($0, bytes.span) }.map { bytes.span.string($0.name) }
    }

    /// Every way to write a name that a backend folds to the same variable.
    static func spellings(_ name: String) -> [String] {
        let separators = ["-", "_", ".", "~", "!", "#", "$", "%", "&", "'", "*", "+", "^", "`", "|"]
        let folded = separators.map { name.replacing("-", with: $0) }
        // Some with two kinds, some in other case.
        let mixed = name.split(separator: "-", omittingEmptySubsequences: false).enumerated().map {
            ($0 == 0 ? "" : $0 % 2 == 0 ? "-" : "_") + $1
        }.joined()
        return folded + [mixed, name.uppercased(), folded[1].uppercased(), mixed.uppercased(), name.capitalized, folded[2].capitalized]
    }

    static let removed = [
        "x-gatehouse-subject", "x-gatehouse-anything", "x-gatehouse-", "x-forwarded-for", "x-forwarded-anything", "x-forwarded-",
        "forwarded", "x-real-ip", "true-client-ip", "x-original-url",
        "x-rewrite-url", "x-http-method-override", "x-http-method", "x-method-override", "cf-connecting-ip", "x-client-ip",
        "x-cluster-client-ip", "x-original-uri", "x-original-method",
        "x-envoy-original-path", "x-middleware-subrequest", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
        "te", "trailer", "http2-settings",
    ]

    @Test(
        "what says where a request came from, what it should have been, or belongs to one hop, is removed in every spelling",
        arguments: removed)
    func isRemoved(name: String) throws {
        for spelling in Self.spellings(name) { #expect(try Self.passing([spelling]).isEmpty, "\(spelling)") }
    }

    @Test(
        "what the gateway reads or writes itself passes under its own name or not at all",
        arguments: KnownField.allCases.filter { $0 != .other && $0 != .host })
    func known(field: KnownField) throws {
        let name = "\(field.name)"
        guard name.contains("-") else { return }
        for spelling in Self.spellings(name) where spelling.lowercased() != name {
            #expect(try Self.passing([spelling]).isEmpty, "\(spelling)")
        }
    }

    @Test(
        "what only looks alike passes",
        arguments: [
            "x-gatehous", "x-gatehouses", "gatehouse-subject", "xx-gatehouse-subject", "x-gate-house-subject", "x-forward", "x-forwarded",
            "forwarded-for", "forwardeds", "x-real-ips", "real-ip", "x-ip",
            "true-client", "x-http", "x-method", "user-agent", "accept-encoding", "accept-language", "range", "date", "via", "pragma",
            "cache-control", "x-custom", "content-encoding", "content-language",
            "if-modified-since", "if-range", "sec-websocket-key", "tracestate", "baggage", "referer", "priority", "tea", "x_custom",
            "x.custom", "trailers", "upgrade-insecure-requests",
        ]
    )
    func passes(name: String) throws {
        #expect(try Self.passing([name]) == [name])
    }

    @Test("a Connection header removes what it names, and must not name what others rely on")
    func nominated() throws {
        func names(_ value: String) throws -> [String] {
            let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nConnection: \(value)\r\nX-Drop: 1\r\nX-Keep: 2\r\n\r\n".utf8)
            var parser = RequestHeadParser(limits: WireLimits())
            #expect(try parser.parse(bytes.span))
            let head = parser.head
            let nominated = try NominatedNames(head, bytes.span)
            return head.fields.filter { nominated.contains($0.name, bytes.span) }.map { bytes.span.string($0.name) }
        }
        for value in ["x-drop", "X-DROP", "close, x-drop", ",,x-drop ,", "keep-alive,\tX-Drop\t"] {
            #expect(try names(value) == ["X-Drop"], "\(value)")
        }
        for value in ["close", "keep-alive", "", ",", "x-dro", "x-drop-more", "x_drop"] { #expect(try names(value).isEmpty, "\(value)") }
        for value in [
            "authorization", "x-gatehouse-x", "X_GATEHOUSE_X", "x.forwarded.for", "cookie", "host", "content-length", "content-type",
            "if-none-match", "close, origin",
        ] {
            #expect(throws: Refusal.self) { try names(value) }
        }
    }

    @Test("an upstream cannot speak for the gateway, nor pass on what belongs to its own hop")
    func answers() throws {
        let names = [
            "Content-Type", "Connection", "Keep-Alive", "X-Gatehouse-Subject", "x_gatehouse_x", "Set-Cookie", "X-Request-Id",
            "Transfer-Encoding", "Upgrade", "Trailer", "TE", "Proxy-Connection",
            "Proxy-Authenticate", "ETag", "WWW-Authenticate", "Location", "Vary",
        ]
        let bytes = Array(
            "HTTP/1.1 200 OK\r\n\(names.map { "\($0): \($0 == "Transfer-Encoding" ? "chunked" : "x")\r\n" }.joined())\r\n".utf8)
        var parser = ResponseHeadParser(limits: WireLimits())
        #expect(try parser.parse(bytes.span, isHead: false))
        let head = parser.head
        #expect(
            head.fields.filter { HeaderHygiene.mayReachClient($0, bytes.span) }.map { bytes.span.string($0.name) }
                == ["Content-Type", "Set-Cookie", "ETag", "WWW-Authenticate", "Location", "Vary"]
        )
    }
}
