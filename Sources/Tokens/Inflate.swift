/// Raw DEFLATE (RFC 1951), for the one token that uses it: the encrypted session of NextAuth.js v3.
enum Inflate {
    /// What the data unpacks to, at most `maximumByteCount` bytes.
    /// - Throws: `.badPayload` for anything that is not one complete stream with nothing behind it.
    static func inflate(_ data: Span<UInt8>, maximumByteCount: Int) throws(TokenError) -> [UInt8] {
        var bits = BitReader()
        var output: [UInt8] = []
        var isLast = false
        while !isLast {
            isLast = try bits.read(1, of: data) == 1
            switch try bits.read(2, of: data) {
            case 0: try stored(&bits, data, &output, maximumByteCount)
            case 1: try block(&bits, data, .fixedLiterals, .fixedDistances, &output, maximumByteCount)
            case 2:
                let (literals, distances) = try dynamicCodes(&bits, data)
                try block(&bits, data, literals, distances, &output, maximumByteCount)
            default: throw .badPayload
            }
        }
        guard bits.isAtEnd(of: data) else { throw .badPayload }
        return output
    }

    /// Section 3.2.4: the length, its complement, and so many bytes.
    private static func stored(
        _ bits: inout BitReader, _ data: Span<UInt8>, _ output: inout [UInt8], _ maximum: Int
    ) throws(TokenError) {
        bits.alignToByte()
        let length = try bits.read(16, of: data)
        guard try bits.read(16, of: data) == ~length & 0xFFFF, output.count + length <= maximum else { throw .badPayload }
        for _ in 0..<length { output.append(UInt8(try bits.read(8, of: data))) }
    }

    /// Section 3.2.3: symbols up to the end-of-block symbol.
    private static func block(
        _ bits: inout BitReader, _ data: Span<UInt8>, _ literals: PrefixCode, _ distances: PrefixCode, _ output: inout [UInt8],
        _ maximum: Int
    ) throws(TokenError) {
        while true {
            let symbol = try literals.symbol(&bits, data)
            if symbol < 256 {
                guard output.count < maximum else { throw .badPayload }
                output.append(UInt8(symbol))
                continue
            }
            if symbol == 256 { return }
            let length = try value(symbol - 257, of: lengths, &bits, data)
            let distance = try value(distances.symbol(&bits, data), of: Self.distances, &bits, data)
            guard distance <= output.count, output.count + length <= maximum else { throw .badPayload }
            // The copy may overlap what it writes: byte by byte.
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }

    private static func value(
        _ symbol: Int, of table: [(base: Int, extra: Int)], _ bits: inout BitReader, _ data: Span<UInt8>
    ) throws(TokenError) -> Int {
        guard symbol < table.count else { throw .badPayload }
        return table[symbol].base + (try bits.read(table[symbol].extra, of: data))
    }

    /// Section 3.2.7: two codes, their lengths themselves coded.
    private static func dynamicCodes(
        _ bits: inout BitReader, _ data: Span<UInt8>
    ) throws(TokenError) -> (literals: PrefixCode, distances: PrefixCode) {
        let literalCount = try bits.read(5, of: data) + 257
        let distanceCount = try bits.read(5, of: data) + 1
        let lengthCount = try bits.read(4, of: data) + 4
        guard literalCount <= 286, distanceCount <= 30 else { throw .badPayload }
        var lengths = [Int](repeating: 0, count: 19)
        for position in Self.lengthOrder.prefix(lengthCount) {
            lengths[position] = try bits.read(3, of: data)
        }
        let code = try PrefixCode(lengths)
        var all: [Int] = []
        while all.count < literalCount + distanceCount {
            let symbol = try code.symbol(&bits, data)
            switch symbol {
            case 16:
                guard let last = all.last else { throw .badPayload }
                all += [Int](repeating: last, count: 3 + (try bits.read(2, of: data)))
            case 17: all += [Int](repeating: 0, count: 3 + (try bits.read(3, of: data)))
            case 18: all += [Int](repeating: 0, count: 11 + (try bits.read(7, of: data)))
            default: all.append(symbol)
            }
        }
        guard all.count == literalCount + distanceCount, all[256] > 0 else { throw .badPayload }
        return (try PrefixCode(Array(all[..<literalCount])), try PrefixCode(Array(all[literalCount...])))
    }

    private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    /// Section 3.2.5: symbols 257 to 285.
    private static let lengths: [(base: Int, extra: Int)] =
        table(
            first: 3,
            extras: [
                0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5,
            ]) + [(258, 0)]

    /// Section 3.2.5: symbols 0 to 29.
    private static let distances: [(base: Int, extra: Int)] = table(
        first: 1,
        extras: [
            0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
        ])

    /// Each symbol's range begins where the one before ends.
    private static func table(first: Int, extras: [Int]) -> [(base: Int, extra: Int)] {
        var base = first
        return extras.map { extra in
            defer { base += 1 << extra }
            return (base, extra)
        }
    }
}

/// Bits from the low end of each byte on (section 3.1.1).
private struct BitReader {
    private var position = 0
    private var buffer = 0
    private var count = 0

    /// The next `width` bits as a number, the first the lowest.
    mutating func read(_ width: Int, of data: Span<UInt8>) throws(TokenError) -> Int {
        while count < width {
            guard position < data.count else { throw .badPayload }
            buffer |= Int(data[position]) << count
            position += 1
            count += 8
        }
        defer {
            buffer >>= width
            count -= width
        }
        return buffer & ((1 << width) - 1)
    }

    /// Drops what is left of the byte that was begun. No whole byte is ever left in the buffer.
    mutating func alignToByte() {
        buffer = 0
        count = 0
    }

    func isAtEnd(of data: Span<UInt8>) -> Bool { position == data.count }
}

/// A canonical prefix code (section 3.2.2): codes of one length count up, shorter ones come first.
private struct PrefixCode {
    /// How many codes there are of each length, 0 to 15 bits.
    private var counts = [Int](repeating: 0, count: 16)
    /// Symbols in the order of their codes.
    private var symbols: [Int] = []

    /// - Parameter lengths: of each symbol's code, in bits; 0: the symbol has none.
    /// - Throws: when more codes are asked for than there are, or some are left over; a single symbol may leave one of two.
    init(_ lengths: [Int]) throws(TokenError) {
        for length in lengths { counts[length] += 1 }
        counts[0] = 0
        var room = 1
        for length in 1...15 {
            room = room * 2 - counts[length]
            guard room >= 0 else { throw .badPayload }
            for (symbol, other) in lengths.enumerated() where other == length { symbols.append(symbol) }
        }
        guard room == 0 || symbols.count == counts[1] else { throw .badPayload }
    }

    func symbol(_ bits: inout BitReader, _ data: Span<UInt8>) throws(TokenError) -> Int {
        var code = 0
        var first = 0
        var index = 0
        for length in 1...15 {
            code = code << 1 | (try bits.read(1, of: data))
            first <<= 1
            if code - first < counts[length] { return symbols[index + code - first] }
            first += counts[length]
            index += counts[length]
        }
        throw .badPayload
    }

    /// Section 3.2.6.
    static let fixedLiterals = fixed((0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
    static let fixedDistances = fixed([Int](repeating: 5, count: 32))

    private static func fixed(_ lengths: [Int]) -> PrefixCode {
        do { return try PrefixCode(lengths) } catch { preconditionFailure("the RFC's own code is one") }
    }
}
