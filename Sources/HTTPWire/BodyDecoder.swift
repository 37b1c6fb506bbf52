/// Delimits a body as its bytes come in (RFC 9112 sections 6 and 7.1).
///
/// Chunk extensions are refused in requests (contract section 7, row F-03): no client of ours needs them and readers differ on where they end.
/// In answers they are dropped, as section 7.1.1 has it.
/// Trailers are read, bounded and dropped: they never become headers. Those that would delimit a message are refused.
package struct BodyDecoder: Sendable {
    /// What the next bytes are.
    package enum Step: Equatable, Sendable {
        /// This many bytes from the front belong to the body.
        case body(Int)
        /// This many bytes from the front are framing, to be dropped.
        case skip(Int)
        case needMore
        /// The body is complete; the next byte belongs to the next request.
        case end
    }

    /// `.length` -> `.ended`; `.size` -> `.data` -> `.dataEnd` -> `.size` … -> `.trailers` -> `.ended`
    private enum State: Sendable {
        case length(Int)
        case size
        case data(Int)
        case dataEnd
        case trailers(Int)
        case ended
    }

    private var state: State
    /// Trailer section bound in bytes.
    private let trailerLimit: Int
    /// Bytes of a chunk's extensions that are dropped, at most.
    private let extensionLimit: Int

    package init(_ framing: RequestHead.Framing, trailerLimit: Int = 8 << 10, extensionLimit: Int = 0) {
        self.trailerLimit = trailerLimit
        self.extensionLimit = extensionLimit
        state =
            switch framing {
            case .none: .ended
            case .length(let count): count == 0 ? .ended : .length(count)
            case .chunked: .size
            }
    }

    package var isEnded: Bool {
        if case .ended = state { true } else { false }
    }

    /// Whether the next bytes are none that `next` refuses.
    package func accepts(_ bytes: Span<UInt8>) -> Bool {
        var decoder = self
        return (try? decoder.next(bytes)) != nil
    }

    /// Judges the next bytes; the caller removes as many as the step says and calls again until `.needMore` or `.end`.
    package mutating func next(_ bytes: Span<UInt8>) throws(WireError) -> Step {
        switch state {
        case .ended: return .end
        case .length(let remaining):
            guard bytes.count > 0 else { return .needMore }
            let count = min(remaining, bytes.count)
            state = count == remaining ? .ended : .length(remaining - count)
            return .body(count)
        case .data(let remaining):
            guard bytes.count > 0 else { return .needMore }
            let count = min(remaining, bytes.count)
            state = count == remaining ? .dataEnd : .data(remaining - count)
            return .body(count)
        case .dataEnd:
            if bytes.count > 0, bytes[0] != 0x0D { throw .malformed("a chunk is not followed by a line end") }
            guard bytes.count >= 2 else { return .needMore }
            guard bytes[1] == 0x0A else { throw .malformed("a chunk is not followed by a line end") }
            state = .size
            return .skip(2)
        case .size: return try size(bytes)
        case .trailers(let used): return try trailerLine(bytes, used: used)
        }
    }

    /// `chunk-size [ chunk-ext ] CRLF`, `chunk-size = 1*HEXDIG`, at most 8 digits
    private mutating func size(_ bytes: Span<UInt8>) throws(WireError) -> Step {
        var value = 0
        var position = 0
        while position < bytes.count, let digit = Self.hexDigit(bytes[position]) {
            guard position < 8 else { throw .malformed("a chunk size with more than 8 digits") }
            value = value << 4 | digit
            position += 1
        }
        if position > 0, position < bytes.count, extensionLimit > 0,
            bytes[position] == UInt8(ascii: ";") || ByteClass.isSpace(bytes[position])
        {
            let start = position
            while position < bytes.count, ByteClass.isFieldValue(bytes[position]) { position += 1 }
            guard position - start <= extensionLimit else { throw .malformed("a chunk with extensions that are too long") }
        }
        guard position < bytes.count else { return .needMore }
        guard position > 0, bytes[position] == 0x0D else { throw .malformed("a chunk size that is not hexadecimal digits and a line end") }
        guard position + 1 < bytes.count else { return .needMore }
        guard bytes[position + 1] == 0x0A else { throw .malformed("a chunk size that is not hexadecimal digits and a line end") }
        state = value == 0 ? .trailers(0) : .data(value)
        return .skip(position + 2)
    }

    private mutating func trailerLine(_ bytes: Span<UInt8>, used: Int) throws(WireError) -> Step {
        var position = 0
        while position < bytes.count, bytes[position] != 0x0D {
            guard ByteClass.isFieldValue(bytes[position]) else { throw .malformed("a control character in a trailer") }
            position += 1
        }
        guard used + position + 2 <= trailerLimit else { throw .headersTooLarge }
        guard position + 1 < bytes.count else { return .needMore }
        guard bytes[position + 1] == 0x0A else { throw .malformed("a carriage return without a line feed in a trailer") }
        if position == 0 {
            state = .ended
            return .skip(2)
        }
        try Self.checkTrailer(bytes, 0..<position)
        state = .trailers(used + position + 2)
        return .skip(position + 2)
    }

    private static func checkTrailer(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(WireError) {
        var position = 0
        while position < line.upperBound, ByteClass.isToken(bytes[position]) { position += 1 }
        guard position > 0, position < line.upperBound, bytes[position] == UInt8(ascii: ":") else {
            throw .malformed("a trailer line without a valid name and colon")
        }
        // RFC 9110 section 6.5.1: never sent by those who mean well, and some readers go by them.
        if bytes.isEqualIgnoringCase(0..<position, "transfer-encoding") || bytes.isEqualIgnoringCase(0..<position, "content-length") {
            throw .malformed("a trailer that would delimit the message")
        }
    }

    private static func hexDigit(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
