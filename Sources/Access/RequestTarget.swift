/// The one normal form of a request target's path and query: routed, decided, logged, signed and forwarded alike.
///
/// INVARIANT (path used = path decided): nothing downstream parses the raw target again.
///
/// Refused rather than repaired is whatever two readers have been seen to read differently (CVE-2021-42013, CVE-2026-33494,
/// CVE-2025-66490 and their kin): encoded slashes, dots, percents and NUL, `\`, `;`, `//`, dot segments, `#`.
package enum RequestTarget: Equatable, Sendable {
    /// The bytes as sent are the normal form. `pathLength` in bytes; a query, if any, begins with the `?` there.
    case asSent(pathLength: Int)
    /// The normal form differs from what was sent (a decoded `%7E`, an upper-case `%C3`).
    case rewritten([UInt8], pathLength: Int)

    /// Judges an origin-form target: `absolute-path [ "?" query ]` (RFC 9112 section 3.2.1).
    ///
    /// Cost: one pass; allocates only when a percent-encoding has to be rewritten.
    /// - Throws: `MalformedTarget` naming what is refused.
    package static func canonical(_ raw: Span<UInt8>) throws(MalformedTarget) -> RequestTarget {
        guard raw.count > 0, raw[0] == UInt8(ascii: "/") else { throw MalformedTarget("the target must begin with `/`") }
        var position = 1
        var segmentStart = 1
        var isRewriteNeeded = false
        while position < raw.count {
            let byte = raw[position]
            if ByteSet.pathCharacter.contains(byte) {
                position += 1
            } else if byte == UInt8(ascii: "/") {
                try checkSegment(raw, segmentStart..<position, isLast: false)
                position += 1
                segmentStart = position
            } else if byte == UInt8(ascii: "%") {
                let length = try pathEscape(raw, at: position, isRewriteNeeded: &isRewriteNeeded)
                position += length
            } else if byte == UInt8(ascii: "?") {
                break
            } else {
                throw MalformedTarget(refused: byte)
            }
        }
        try checkSegment(raw, segmentStart..<position, isLast: true)
        let pathEnd = position
        while position < raw.count {
            let byte = raw[position]
            if byte == UInt8(ascii: "%") {
                position += try queryEscape(raw, at: position, isRewriteNeeded: &isRewriteNeeded)
            } else if ByteSet.queryCharacter.contains(byte) {
                position += 1
            } else {
                throw MalformedTarget(refused: byte)
            }
        }
        return isRewriteNeeded ? rewrite(raw, pathEnd: pathEnd) : .asSent(pathLength: pathEnd)
    }

    /// Whether a path, as a policy writes it, is what `canonical` would leave as it is.
    package static func isCanonicalPath(_ path: String) -> Bool {
        guard let target = try? canonical(path.utf8.span) else { return false }
        return target == .asSent(pathLength: path.utf8.count)
    }

    private static func checkSegment(_ raw: Span<UInt8>, _ range: Range<Int>, isLast: Bool) throws(MalformedTarget) {
        switch range.count {
        case 0 where !isLast: throw MalformedTarget("empty path segment (`//`)")
        case 1 where raw[range.lowerBound] == UInt8(ascii: "."),
            2 where raw[range.lowerBound] == UInt8(ascii: ".") && raw[range.lowerBound + 1] == UInt8(ascii: "."):
            throw MalformedTarget("`.` or `..` as a path segment")
        default: return
        }
    }

    /// Length in raw bytes of the escape, or of the run of escapes that is one UTF-8 sequence.
    private static func pathEscape(
        _ raw: Span<UInt8>, at position: Int, isRewriteNeeded: inout Bool
    ) throws(MalformedTarget) -> Int {
        let byte = try escapedByte(raw, at: position)
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "%"), UInt8(ascii: "."), UInt8(ascii: ";"),
            UInt8(ascii: "?"), UInt8(ascii: "#"), 0...0x20, 0x7F:
            throw MalformedTarget("percent-encoded `/`, `\\`, `%`, `.`, `;`, `?`, `#`, space or control character in the path")
        default: break
        }
        let (length, scalar) = try escapedScalar(raw, at: position, first: byte, isRewriteNeeded: &isRewriteNeeded)
        if scalar >= 0x80, isInvisible(scalar) { throw MalformedTarget("percent-encoded space or control character in the path") }
        return length
    }

    private static func queryEscape(
        _ raw: Span<UInt8>, at position: Int, isRewriteNeeded: inout Bool
    ) throws(MalformedTarget) -> Int {
        let byte = try escapedByte(raw, at: position)
        if byte == 0 { throw MalformedTarget("`%00` in the query") }
        return try escapedScalar(raw, at: position, first: byte, isRewriteNeeded: &isRewriteNeeded).length
    }

    private static func escapedByte(_ raw: Span<UInt8>, at position: Int) throws(MalformedTarget) -> UInt8 {
        guard position + 2 < raw.count, let high = hexValue(raw[position + 1]), let low = hexValue(raw[position + 2]) else {
            throw MalformedTarget("`%` without two hexadecimal digits")
        }
        return high << 4 | low
    }

    /// Follows the escapes of one UTF-8 sequence; a decoded scalar and how many raw bytes it took.
    private static func escapedScalar(
        _ raw: Span<UInt8>, at position: Int, first: UInt8, isRewriteNeeded: inout Bool
    ) throws(MalformedTarget) -> (length: Int, scalar: UInt32) {
        noteRewrite(raw, at: position, byte: first, &isRewriteNeeded)
        let following: Int
        var scalar: UInt32
        switch first {
        case 0..<0x80: return (3, UInt32(first))
        case 0xC2...0xDF: (following, scalar) = (1, UInt32(first & 0x1F))
        case 0xE0...0xEF: (following, scalar) = (2, UInt32(first & 0x0F))
        case 0xF0...0xF4: (following, scalar) = (3, UInt32(first & 0x07))
        default: throw MalformedTarget("percent-encoded bytes that are not UTF-8")
        }
        for offset in 1...following {
            let at = position + 3 * offset
            guard at < raw.count, raw[at] == UInt8(ascii: "%") else {
                throw MalformedTarget("percent-encoded bytes that are not UTF-8")
            }
            let byte = try escapedByte(raw, at: at)
            guard byte & 0xC0 == 0x80 else { throw MalformedTarget("percent-encoded bytes that are not UTF-8") }
            noteRewrite(raw, at: at, byte: byte, &isRewriteNeeded)
            scalar = scalar << 6 | UInt32(byte & 0x3F)
        }
        // Overlong forms and surrogates (P-20: `%c0%ae` is caught above, `%e0%80%ae` here).
        let smallest: UInt32 = following == 1 ? 0x80 : following == 2 ? 0x800 : 0x10000
        guard scalar >= smallest, Unicode.Scalar(scalar) != nil else {
            throw MalformedTarget("percent-encoded bytes that are not UTF-8")
        }
        return (3 * (following + 1), scalar)
    }

    private static func noteRewrite(_ raw: Span<UInt8>, at position: Int, byte: UInt8, _ isRewriteNeeded: inout Bool) {
        if ByteSet.unreserved.contains(byte) || raw[position + 1] >= UInt8(ascii: "a") || raw[position + 2] >= UInt8(ascii: "a") {
            isRewriteNeeded = true
        }
    }

    private static func rewrite(_ raw: Span<UInt8>, pathEnd: Int) -> RequestTarget {
        var result: [UInt8] = []
        result.reserveCapacity(raw.count)
        var pathLength = 0
        var position = 0
        while position < raw.count {
            if position == pathEnd { pathLength = result.count }
            if raw[position] == UInt8(ascii: "%"), let byte = try? escapedByte(raw, at: position) {
                if ByteSet.unreserved.contains(byte) {
                    result.append(byte)
                } else {
                    result.append(UInt8(ascii: "%"))
                    result.append(upperHex(raw[position + 1]))
                    result.append(upperHex(raw[position + 2]))
                }
                position += 3
            } else {
                result.append(raw[position])
                position += 1
            }
        }
        return .rewritten(result, pathLength: pathEnd == raw.count ? result.count : pathLength)
    }

    private static func upperHex(_ byte: UInt8) -> UInt8 { byte >= UInt8(ascii: "a") ? byte - 0x20 : byte }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// Spaces and controls above ASCII that some layer trims or folds (P-12: `%C2%A0`).
    private static func isInvisible(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x80...0xA0, 0x1680, 0x2000...0x200F, 0x2028...0x202F, 0x205F...0x2064, 0x3000, 0xFEFF: true
        default: false
        }
    }
}

/// Why a target is refused, in words for the one who sent it. It quotes at most one character of the request.
package struct MalformedTarget: Error, Equatable, Sendable {
    package let detail: String

    init(_ detail: String) { self.detail = detail }

    init(refused byte: UInt8) {
        detail =
            switch byte {
            case 0x21..<0x7F: "`\(Unicode.Scalar(byte))` in the target; percent-encode it if it is data in the query"
            case 0x80...: "a raw non-ASCII byte in the target; percent-encode it"
            default: "a space or control character in the target"
            }
    }
}

/// A set of ASCII bytes as 128 bits.
package struct ByteSet: Sendable {
    private let low: UInt64
    private let high: UInt64

    package init(_ characters: StaticString) {
        var bits: (UInt64, UInt64) = (0, 0)
        for offset in 0..<characters.utf8CodeUnitCount {
            // The pointer of a StaticString lives as long as the program, and `offset` is below its length.
            let byte = unsafe characters.utf8Start[offset]
            if byte < 64 { bits.0 |= 1 << UInt64(byte) } else { bits.1 |= 1 << UInt64(byte - 64) }
        }
        (low, high) = bits
    }

    @inline(__always)
    package func contains(_ byte: UInt8) -> Bool {
        if byte < 64 { return low >> UInt64(byte) & 1 == 1 }
        return byte < 128 && high >> UInt64(byte - 64) & 1 == 1
    }

    /// `unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~"` (RFC 3986 section 2.3)
    static let unreserved = ByteSet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    /// `pchar` without `;` and escapes: unreserved, the other sub-delims, `:` and `@` (RFC 3986 section 3.3)
    static let pathCharacter = ByteSet(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@"
    )
    /// What a query may hold raw: visible ASCII but `"`, `#`, `<`, `>`, `\` and `%` (escapes are judged apart). Browsers send `[ ] { | } ^ \``.
    static let queryCharacter = ByteSet(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?[]{|}^`"
    )
}
