/// The request header fields that the gateway itself reads, told apart while the head is parsed.
package enum KnownField: UInt8, CaseIterable, Sendable {
    case host, contentLength, transferEncoding, connection, expect, upgrade
    case authorization, cookie, contentType, contentDigest, signature, signatureInput, idempotencyKey
    case ifMatch, ifNoneMatch, origin, secFetchSite, accept, xRequestID, traceparent
    case other

    /// Fields that may stand once: two readers could pick different ones (CVE-2026-26308; contract section 7).
    package var isSingleton: Bool {
        switch self {
        case .host, .contentLength, .transferEncoding, .authorization, .contentType, .contentDigest, .signature,
            .signatureInput, .idempotencyKey, .ifMatch, .origin, .secFetchSite, .expect:
            true
        case .connection, .upgrade, .cookie, .ifNoneMatch, .accept, .xRequestID, .traceparent, .other: false
        }
    }

    /// Fields that name a request for those who look for it later: two of them name nothing, and a new one is made.
    var isName: Bool { self == .xRequestID || self == .traceparent }

    /// Lower-case name.
    package var name: StaticString {
        switch self {
        case .host: "host"
        case .contentLength: "content-length"
        case .transferEncoding: "transfer-encoding"
        case .connection: "connection"
        case .expect: "expect"
        case .upgrade: "upgrade"
        case .authorization: "authorization"
        case .cookie: "cookie"
        case .contentType: "content-type"
        case .contentDigest: "content-digest"
        case .signature: "signature"
        case .signatureInput: "signature-input"
        case .idempotencyKey: "idempotency-key"
        case .ifMatch: "if-match"
        case .ifNoneMatch: "if-none-match"
        case .origin: "origin"
        case .secFetchSite: "sec-fetch-site"
        case .accept: "accept"
        case .xRequestID: "x-request-id"
        case .traceparent: "traceparent"
        case .other: ""
        }
    }

    /// The field with this name, compared without case.
    @inline(__always)
    static func named(_ bytes: Span<UInt8>, _ range: Range<Int>) -> KnownField {
        let candidate = candidate(bytes, range)
        return bytes.isEqualIgnoringCase(range, candidate.name) ? candidate : .other
    }

    /// The field that a backend takes this name for when it folds every byte that is no letter or digit into `-`, as CGI, WSGI and PHP do.
    package static func folded(_ bytes: Span<UInt8>, _ range: Range<Int>) -> KnownField {
        let candidate = candidate(bytes, range)
        return bytes.isEqualFolded(range, candidate.name) ? candidate : .other
    }

    /// The only field that a name of this length and with these letters can be.
    @inline(__always)
    private static func candidate(_ bytes: Span<UInt8>, _ range: Range<Int>) -> KnownField {
        // The length picks at most three candidates, so most names cost one comparison or none.
        let first = bytes[range.lowerBound] | 0x20
        let candidate: KnownField
        switch range.count {
        case 4: candidate = .host
        case 6:
            candidate =
                first == UInt8(ascii: "c") ? .cookie : first == UInt8(ascii: "e") ? .expect : first == UInt8(ascii: "o") ? .origin : .accept
        case 7: candidate = .upgrade
        case 8: candidate = .ifMatch
        case 9: candidate = .signature
        case 10: candidate = .connection
        case 11: candidate = .traceparent
        case 12: candidate = first == UInt8(ascii: "x") ? .xRequestID : .contentType
        case 13: candidate = first == UInt8(ascii: "a") ? .authorization : .ifNoneMatch
        case 14:
            candidate =
                first == UInt8(ascii: "s")
                ? .secFetchSite : bytes[range.lowerBound + 8] | 0x20 == UInt8(ascii: "l") ? .contentLength : .contentDigest
        case 15: candidate = first == UInt8(ascii: "s") ? .signatureInput : .idempotencyKey
        case 17: candidate = .transferEncoding
        default: return .other
        }
        return candidate
    }
}

extension Span<UInt8> {
    /// Whether the bytes of `range` are `text`, which is lower-case ASCII, when ASCII letters are compared without case.
    @inline(__always)
    package func isEqualIgnoringCase(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count {
            let byte = self[range.lowerBound + offset]
            // The pointer of a StaticString lives as long as the program, and `offset` is below its length.
            let expected = unsafe text.utf8Start[offset]
            let lower = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
            if lower != expected { return false }
        }
        return true
    }

    /// Whether the bytes of `range` are `text`, which is lower-case letters, digits and `-`, when every byte that is no letter or digit is taken for `-`.
    package func isEqualFolded(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count {
            let byte = self[range.lowerBound + offset]
            let lower = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
            let isAlphanumeric = lower &- UInt8(ascii: "a") < 26 || lower &- UInt8(ascii: "0") < 10
            // The pointer of a StaticString lives as long as the program, and `offset` is below its length.
            if unsafe text.utf8Start[offset] != (isAlphanumeric ? lower : UInt8(ascii: "-")) { return false }
        }
        return true
    }

    /// Whether the bytes of `range` are exactly `text`.
    @inline(__always)
    package func isEqual(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count {
            // The pointer of a StaticString lives as long as the program, and `offset` is below its length.
            if unsafe text.utf8Start[offset] != self[range.lowerBound + offset] { return false }
        }
        return true
    }

    /// Whether two parts are the same when ASCII letters are compared without case.
    package func isEqualIgnoringCase(_ range: Range<Int>, as other: Range<Int>) -> Bool {
        guard range.count == other.count else { return false }
        for offset in 0..<range.count {
            let (a, b) = (self[range.lowerBound + offset], self[other.lowerBound + offset])
            let isLetter = a | 0x20 >= UInt8(ascii: "a") && a | 0x20 <= UInt8(ascii: "z")
            if a != b, !isLetter || a | 0x20 != b | 0x20 { return false }
        }
        return true
    }

    /// The bytes of `range` as text; invalid UTF-8 is replaced.
    package func string(_ range: Range<Int>) -> String {
        String(decoding: array(range), as: UTF8.self)
    }

    /// A copy of the bytes of `range`.
    package func array(_ range: Range<Int>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        for index in range { result.append(self[index]) }
        return result
    }
}
