import HTTPWire
import Tokens

/// A cookie that is looked for, as text and as the bytes that are compared.
struct SessionCookieName: Sendable {
    let text: String
    let bytes: [UInt8]

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }
}

/// Finds session tokens in the `Cookie` headers of a request; judges nothing.
///
/// One pass tells whether there is the ordinary case, a single whole cookie, or none. `SessionCookie`, which knows every rule of pieces
/// and duplicates, is asked about all else.
enum SessionCookies {
    enum Found: Equatable {
        case absent
        /// Index of the name, and the token's range in the request's bytes.
        case whole(cookie: Int, Range<Int>)
        /// Put together from pieces, unescaped, or under several names.
        case made([Made])
    }

    struct Made: Equatable {
        /// Index of the name.
        let cookie: Int
        let token: [UInt8]
    }

    /// - Throws: `.malformedToken`, `.tokenTooLong`: what is there is no session cookie as NextAuth or Auth.js sends it.
    static func find(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, named names: [SessionCookieName]
    ) throws(TokenError) -> Found {
        if names.isEmpty || head.value(.cookie) == nil { return .absent }
        var scan = Scan()
        // A browser sends one line; HTTP/2 may have made several of it, which mean the same as one (RFC 9113 section 8.2.3).
        for field in head.fields where field.known == .cookie { scan.read(field.value, of: bytes, names) }
        switch scan.outcome {
        case .nothing: return .absent
        case .whole(let cookie, let range): return .whole(cookie: cookie, range)
        case .special: break
        }
        var line: [UInt8] = []
        for field in head.fields where field.known == .cookie {
            if !line.isEmpty { line.append(UInt8(ascii: ";")) }
            line += bytes.array(field.value)
        }
        var made: [Made] = []
        for cookie in names.indices {
            if let token = try SessionCookie.token(named: names[cookie].text, in: line.span) {
                made.append(Made(cookie: cookie, token: token))
            }
        }
        return made.isEmpty ? .absent : .made(made)
    }

    private struct Scan {
        enum Outcome {
            case nothing
            case whole(cookie: Int, Range<Int>)
            /// More than one cookie has to do with sessions, or one is not whole and plain.
            case special
        }

        var outcome = Outcome.nothing

        mutating func read(_ line: Range<Int>, of bytes: Span<UInt8>, _ names: [SessionCookieName]) {
            var start = line.lowerBound
            while start < line.upperBound {
                var equals = -1
                var isEscaped = false
                var end = start
                while end < line.upperBound {
                    let byte = bytes[end]
                    if byte == UInt8(ascii: ";") { break }
                    if byte == UInt8(ascii: "="), equals < 0 { equals = end }
                    if byte == UInt8(ascii: "%") { isEscaped = true }
                    end += 1
                }
                if equals >= 0 { note(trimmed(bytes, start..<equals), trimmed(bytes, equals + 1..<end), isEscaped, bytes, names) }
                start = end + 1
            }
        }

        private mutating func note(
            _ name: Range<Int>, _ value: Range<Int>, _ isEscaped: Bool, _ bytes: Span<UInt8>, _ names: [SessionCookieName]
        ) {
            for index in names.indices where begins(bytes, name, names[index].bytes) {
                let isWhole = name.count == names[index].bytes.count
                if case .nothing = outcome, isWhole, !isEscaped, !value.isEmpty {
                    outcome = .whole(cookie: index, value)
                } else if isWhole || bytes[name.lowerBound + names[index].bytes.count] == UInt8(ascii: ".") {
                    outcome = .special
                }
            }
        }

        private func begins(_ bytes: Span<UInt8>, _ name: Range<Int>, _ prefix: [UInt8]) -> Bool {
            guard name.count >= prefix.count else { return false }
            for offset in prefix.indices where bytes[name.lowerBound + offset] != prefix[offset] { return false }
            return true
        }

        private func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
            var (start, end) = (range.lowerBound, range.upperBound)
            while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
            while start < end, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
            return start..<end
        }
    }
}
