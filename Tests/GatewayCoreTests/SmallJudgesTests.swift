import HTTPWire
import Testing

@testable import GatewayCore

/// The parts that judge one value each.
@Suite("Values of one header or parameter")
struct SmallJudgesTests {
    @Test("a token in the query is seen under its name in any case, and under no other name (T-04)")
    func tokensInQueries() {
        func names(_ query: String) -> Bool { QueryGuard.namesToken(Array(query.utf8).span) }
        for query in ["access_token=x", "access_token", "a=b&access_token=x", "ACCESS_TOKEN=x", "a&Access_Token=&b", "&&access_token=x"] {
            #expect(names(query), "\(query)")
        }
        for query in [
            "", "a=access_token", "access_tokens=x", "xaccess_token=x", "access-token=x", "a=b&c=access_token=x", "access_toke=n",
        ] { #expect(!names(query), "\(query)") }
    }

    @Test("media types are compared whole, without case and without parameters")
    func mediaTypes() {
        func isOne(_ value: String) -> Bool { MediaType.isOne(of: ["application/json", "text/plain"], Array(value.utf8).span) }
        for value in [
            "application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;x", "text/plain ;x",
            "text/plain\t",
        ] { #expect(isOne(value), "\(value)") }
        for value in [
            "", "application/jsonx", "application/jso", "application/json,text/plain", "xapplication/json", " application/json",
            "text/html; application/json", "application/json/x",
        ] {
            #expect(!isOne(value), "\(value)")
        }
    }

    @Test("only what has both ids, in the form of this version, is a trace to be continued (W3C Trace Context sections 3.2 and 4.3)")
    func traces() {
        func isValid(_ value: String) -> Bool { TraceContext.isValid(Array(value.utf8).span) }
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        #expect(isValid(good))
        for index in good.indices {
            // No place takes any byte: each has its digits or its hyphen.
            for byte in ["g", "A", " ", "\u{0}", "."] {
                var changed = good
                changed.replaceSubrange(index...index, with: byte)
                #expect(!isValid(changed), "\(changed)")
            }
        }
        for later in ["01" + good.dropFirst(2), "fe" + good.dropFirst(2) + "-", "01" + good.dropFirst(2) + "-more"] {
            #expect(isValid(later), "\(later)")
        }
        for value in [
            "", String(good.dropLast()), good + "0", good + "-", "01" + good.dropFirst(2) + "0", "ff" + good.dropFirst(2),
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        ] {
            #expect(!isValid(value), "\(value)")
        }
        var continued: [UInt8] = []
        TraceContext.append(continuing: Array(good.utf8).span, ids: (1, 2, 0), to: &continued)
        #expect(String(decoding: continued, as: UTF8.self) == "00-0af7651916cd43dd8448eb211c80319c-0000000000000001-01")
        var started: [UInt8] = []
        TraceContext.append(continuing: nil, ids: (0xAB, 0, 0xFF00), to: &started)
        #expect(String(decoding: started, as: UTF8.self) == "00-00000000000000ab0000000000000001-000000000000ff01-00")
        #expect(isValid(String(decoding: started, as: UTF8.self)))
    }

    @Test("the session's cookies are found in every form, and no other cookie is")
    func cookies() {
        func others(_ value: String) -> [String] {
            let bytes = Array(value.utf8)
            var result: [String] = []
            CookieHygiene.forEachOther(bytes.span, 0..<bytes.count, than: ["authjs.session-token"]) { result.append(bytes.span.string($0)) }
            return result
        }
        for value in [
            "authjs.session-token=x", "authjs.session-token", "authjs.session-token=", "authjs.session-token.0=x",
            "authjs.session-token.12=x", "__Secure-authjs.session-token=x",
            "__Host-authjs.session-token=x", "__Secure-authjs.session-token.3=x", " authjs.session-token =x", "=authjs.session-token=x",
            " = authjs.session-token=x", ";;authjs.session-token=x;",
            "=__Secure-authjs.session-token=x", "authjs.session-token=a=b",
        ] {
            #expect(others(value).isEmpty, "\(value)")
        }
        for value in [
            "a=b", "authjs.session-tokens=x", "authjs.session-token.x=y", "authjs.session-token.1x=y", "xauthjs.session-token=y",
            "Authjs.session-token=y", "a=authjs.session-token",
            "__secure-authjs.session-token=x", "__Secure-__Host-authjs.session-token=x", "=", "a",
        ] {
            #expect(others(value) == [value], "\(value)")
        }
    }

    @Test("hosts are compared without case and trailing dot, with the port where the list has one (H-15)")
    func hosts() {
        func contains(_ host: String) -> Bool {
            HostList.contains(["api.example.com", "exact.example:8443", "[::1]"], Array(host.utf8).span)
        }
        for host in [
            "api.example.com", "API.EXAMPLE.COM", "api.example.com.", "api.example.com:1", "api.example.com.:443", "exact.example:8443",
            "EXACT.example:8443", "[::1]", "[::1]:80",
        ] {
            #expect(contains(host), "\(host)")
        }
        for host in [
            "api.example.co", "api.example.comm", "xapi.example.com", "api.example.com..", "exact.example", "exact.example:844",
            "exact.example:84430", "[::2]", "[::1", "::1", ".", ":80", "a",
            "api.example.com:8443x",
        ] {
            #expect(!contains(host), "\(host)")
        }
    }
}
