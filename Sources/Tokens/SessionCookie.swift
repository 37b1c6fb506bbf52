/// Finds a session token in a `Cookie` header (RFC 6265 section 5.4, and how Auth.js splits long tokens).
///
/// Stricter than the reference, which joins every cookie whose name begins with the session's: here a cookie is the session's when it
/// is named exactly `name` or `name.<number>`, and anything ambiguous is refused.
package enum SessionCookie {
    /// Pieces that a token may come in; the largest that NextAuth was seen to write needs eleven.
    static let maximumChunks = 32

    /// The token under `name`, its pieces joined; nil when the header has no such cookie.
    /// - Throws: `.malformedToken` when a cookie comes twice, pieces are missing or numbered otherwise than 0, 1, 2 …, the whole token
    ///   comes beside pieces, or a value is malformed; `.tokenTooLong`.
    package static func token(named name: String, in header: Span<UInt8>) throws(TokenError) -> [UInt8]? {
        var whole: Range<Int>?
        var pieces: [Int: Range<Int>] = [:]
        var start = 0
        while start <= header.count {
            let end = header.firstIndex(of: UInt8(ascii: ";"), in: start..<header.count) ?? header.count
            defer { start = end + 1 }
            guard let equals = header.firstIndex(of: UInt8(ascii: "="), in: start..<end) else { continue }
            let found = header.trimmed(start..<equals)
            let value = header.trimmed(equals + 1..<end)
            switch place(of: header.extracting(found), name) {
            case .other: continue
            case .whole:
                guard whole == nil else { throw .malformedToken }
                whole = value
            case .piece(let number):
                guard pieces.updateValue(value, forKey: number) == nil else { throw .malformedToken }
            case .stray: throw .malformedToken
            }
        }
        // The reference writes an empty cookie to expire the form it no longer uses.
        if whole?.isEmpty == true { whole = nil }
        pieces = pieces.filter { !$0.value.isEmpty }
        if let whole {
            guard pieces.isEmpty else { throw .malformedToken }
            return try PercentEncoding.decode(header.extracting(whole))
        }
        guard !pieces.isEmpty else { return nil }
        var token: [UInt8] = []
        for number in 0..<pieces.count {
            guard let piece = pieces[number] else { throw .malformedToken }
            token += try PercentEncoding.decode(header.extracting(piece))
            guard token.count <= UnverifiedJWE.maximumByteCount else { throw .tokenTooLong }
        }
        return token
    }

    private enum Place { case other, whole, piece(Int), stray }

    /// Names are compared byte by byte; a number has no leading zero.
    private static func place(of found: Span<UInt8>, _ name: String) -> Place {
        let name = name.utf8
        guard found.count >= name.count else { return .other }
        var index = 0
        for byte in name {
            guard found[index] == byte else { return .other }
            index += 1
        }
        if index == found.count { return .whole }
        guard found[index] == UInt8(ascii: ".") else { return .other }
        let digits = found.extracting(droppingFirst: index + 1)
        guard 1...2 ~= digits.count else { return .stray }
        var number = 0
        for place in digits.indices {
            guard case let digit = digits[place] &- UInt8(ascii: "0"), digit < 10 else { return .stray }
            number = number * 10 + Int(digit)
        }
        guard digits[0] != UInt8(ascii: "0") || digits.count == 1, number < maximumChunks else { return .stray }
        return .piece(number)
    }
}

/// Percent-encoding (RFC 3986 section 2.1), which NextAuth undoes in cookies and in bearer tokens.
package enum PercentEncoding {
    /// - Throws: `.malformedToken` for a `%` that no two hexadecimal digits follow (GHSA-xmf8-cvqr-rfgj: the reference threw there).
    package static func decode(_ text: Span<UInt8>) throws(TokenError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "%") else {
                bytes.append(text[index])
                index += 1
                continue
            }
            guard index + 2 < text.count, let high = nibble(text[index + 1]), let low = nibble(text[index + 2]) else {
                throw .malformedToken
            }
            bytes.append(high << 4 | low)
            index += 3
        }
        return bytes
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension Span<UInt8> {
    fileprivate func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        for index in range where self[index] == byte { return index }
        return nil
    }

    /// The range without blanks and tabs at its ends.
    fileprivate func trimmed(_ range: Range<Int>) -> Range<Int> {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var range = range
        while !range.isEmpty, isBlank(self[range.lowerBound]) { range = range.lowerBound + 1..<range.upperBound }
        while !range.isEmpty, isBlank(self[range.upperBound - 1]) { range = range.lowerBound..<range.upperBound - 1 }
        return range
    }
}
