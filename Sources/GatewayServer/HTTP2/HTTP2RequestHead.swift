import HTTPWire
import NIOCore
import NIOHPACK

/// Turns the header list of an HTTP/2 request into the head of one HTTP/1.1 request, so that the same parser and the same gatekeeper
/// judge both (RFC 9113 section 8.3).
///
/// INVARIANT (one reading): what could be a different request once it is written out as HTTP/1.1 is refused here, before it is: control
/// characters and spaces, pseudo-headers that are missing, repeated or late, fields that belong to a connection (CVE-2026-28898,
/// CVE-2021-39240, CVE-2026-33186). The HTTP/2 library refuses much of it too; neither relies on the other.
struct HTTP2RequestHead {
    private var method: String?
    private var path: String?
    private var scheme: String?
    private var authority: String?
    private var host: String?
    private var hasLength = false
    private var cookies: [String] = []
    private var fields: [(name: String, value: String)] = []

    var isHead: Bool { method == "HEAD" }

    /// - Throws: what is wrong, in words that quote nothing of the request.
    init(_ headers: HPACKHeaders) throws(WireError) {
        var arePseudoOver = false
        for (name, value, _) in headers {
            if name.utf8.first == UInt8(ascii: ":") {
                if arePseudoOver { throw .malformed("a pseudo-header behind a header") }
                try takePseudo(name, value)
            } else {
                arePseudoOver = true
                try take(name, value)
            }
        }
        guard let method, let path, let scheme else { throw .malformed("no :method, :path or :scheme") }
        guard method.utf8.allSatisfy(Self.isVisible) else { throw .malformed("a :method that is none") }
        guard scheme == "https" else { throw .malformed("a :scheme other than that of the connection") }
        guard path.utf8.first == UInt8(ascii: "/") || path == "*" && method == "OPTIONS" else {
            throw .malformedTarget("the :path must begin with a slash")
        }
        if let authority, let host, authority.lowercased() != host.lowercased() {
            throw .malformed("a Host header that differs from :authority")
        }
    }

    private mutating func takePseudo(_ name: String, _ value: String) throws(WireError) {
        guard value.utf8.allSatisfy(Self.isVisible) else { throw .malformed("a pseudo-header with a space or control character") }
        switch name {
        case ":method": try set(&method, value)
        case ":path": try set(&path, value)
        case ":scheme": try set(&scheme, value)
        case ":authority": try set(&authority, value)
        default: throw .malformed("an unknown pseudo-header")
        }
    }

    private func set(_ field: inout String?, _ value: String) throws(WireError) {
        guard field == nil else { throw .malformed("a repeated pseudo-header") }
        field = value
    }

    private mutating func take(_ name: String, _ value: String) throws(WireError) {
        guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else { throw .malformed("a header without a valid lower-case name") }
        guard value.utf8.allSatisfy(Self.isValueByte), !Self.isSpace(value.utf8.first), !Self.isSpace(value.utf8.last) else {
            throw .malformed("a control character in a header value, or white space around it")
        }
        switch name {
        case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade":
            throw .malformed("a header that HTTP/2 has no place for")
        case "te": guard value == "trailers" else { throw .malformed("a TE header other than `trailers`") }
        case "host":
            guard host == nil else { throw .malformed("more than one Host header") }
            host = value
        // Sent in crumbs for the sake of compression (RFC 9113 section 8.2.3).
        case "cookie": cookies.append(value)
        default:
            if name == "content-length" { hasLength = true }
            fields.append((name, value))
        }
    }

    /// Appends the head.
    /// - Parameter hasBody: whether DATA may follow.
    /// - Returns: whether the body is to be written in chunks.
    func write(hasBody: Bool, to output: inout ByteBuffer) -> Bool {
        output.writeString(method ?? "")
        output.writeStaticString(" ")
        output.writeString(path ?? "")
        output.writeStaticString(" HTTP/1.1")
        if let host = authority ?? host { Self.write("host", host, to: &output) }
        for (name, value) in fields { Self.write(name, value, to: &output) }
        if !cookies.isEmpty { Self.write("cookie", cookies.joined(separator: "; "), to: &output) }
        let isChunked = hasBody && !hasLength
        if isChunked { Self.write("transfer-encoding", "chunked", to: &output) }
        output.writeStaticString("\r\n\r\n")
        return isChunked
    }

    private static func write(_ name: String, _ value: String, to output: inout ByteBuffer) {
        output.writeStaticString("\r\n")
        output.writeString(name)
        output.writeStaticString(": ")
        output.writeString(value)
    }

    private static func isSpace(_ byte: UInt8?) -> Bool { byte == 0x20 || byte == 0x09 }
    private static func isVisible(_ byte: UInt8) -> Bool { byte > 0x20 && byte != 0x7F }
    private static func isValueByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

    /// `tchar` but for the upper-case letters (RFC 9113 section 8.2.1).
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
