/// The grammar of RFC 8259 over bytes, written down as one table of nodes.
struct JSONScanner {
    let maximumDepth: Int
    var nodes: [JSONDocument.Node] = []
    private var position = 0

    init(maximumDepth: Int, capacity: Int) {
        self.maximumDepth = maximumDepth
        nodes.reserveCapacity(capacity)
    }

    mutating func scan(_ bytes: Span<UInt8>) throws(JSONError) {
        skipSpace(bytes)
        try value(bytes, depth: 0)
        skipSpace(bytes)
        if position < bytes.count { throw JSONError(.trailingBytes, at: position) }
    }

    /// `ws = *( %x20 / %x09 / %x0A / %x0D )`
    private mutating func skipSpace(_ bytes: Span<UInt8>) {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private func byte(_ bytes: Span<UInt8>) throws(JSONError) -> UInt8 {
        guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
        return bytes[position]
    }

    private mutating func value(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) {
        switch try byte(bytes) {
        case UInt8(ascii: "{"): try object(bytes, depth: depth + 1)
        case UInt8(ascii: "["): try array(bytes, depth: depth + 1)
        case UInt8(ascii: "\""): try string(bytes)
        case UInt8(ascii: "t"): try literal("true", .true, bytes)
        case UInt8(ascii: "f"): try literal("false", .false, bytes)
        case UInt8(ascii: "n"): try literal("null", .null, bytes)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number(bytes)
        default: throw JSONError(.unexpectedByte, at: position)
        }
    }

    private mutating func open(_ kind: JSONKind, depth: Int) throws(JSONError) -> Int {
        guard depth <= maximumDepth else { throw JSONError(.tooDeep, at: position) }
        nodes.append(.init(kind: kind, isEscaped: false, start: Int32(position), end: 0, next: 0))
        position += 1
        return nodes.count - 1
    }

    private mutating func close(_ index: Int) {
        position += 1
        nodes[index].end = Int32(position)
        nodes[index].next = Int32(nodes.count)
    }

    private mutating func object(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) {
        let index = try open(.object, depth: depth)
        var names = MemberNames()
        skipSpace(bytes)
        if try byte(bytes) == UInt8(ascii: "}") { return close(index) }
        while true {
            guard try byte(bytes) == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: position) }
            let start = position
            let name = nodes.count
            try string(bytes)
            guard names.insert(name, of: nodes, bytes) else { throw JSONError(.duplicateMember, at: start) }
            skipSpace(bytes)
            guard try byte(bytes) == UInt8(ascii: ":") else { throw JSONError(.unexpectedByte, at: position) }
            position += 1
            skipSpace(bytes)
            try value(bytes, depth: depth)
            skipSpace(bytes)
            switch try byte(bytes) {
            case UInt8(ascii: "}"): return close(index)
            case UInt8(ascii: ","): position += 1
            default: throw JSONError(.unexpectedByte, at: position)
            }
            skipSpace(bytes)
        }
    }

    private mutating func array(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) {
        let index = try open(.array, depth: depth)
        skipSpace(bytes)
        if try byte(bytes) == UInt8(ascii: "]") { return close(index) }
        while true {
            try value(bytes, depth: depth)
            skipSpace(bytes)
            switch try byte(bytes) {
            case UInt8(ascii: "]"): return close(index)
            case UInt8(ascii: ","): position += 1
            default: throw JSONError(.unexpectedByte, at: position)
            }
            skipSpace(bytes)
        }
    }

    private mutating func leaf(_ kind: JSONKind, from start: Int, to end: Int, isEscaped: Bool = false) {
        nodes.append(
            .init(kind: kind, isEscaped: isEscaped, start: Int32(start), end: Int32(end), next: Int32(nodes.count + 1))
        )
    }

    private mutating func literal(_ text: StaticString, _ kind: JSONKind, _ bytes: Span<UInt8>) throws(JSONError) {
        let start = position
        for offset in 0..<text.utf8CodeUnitCount {
            // The pointer of a StaticString lives as long as the program, and `offset` is below its length.
            let expected = unsafe text.utf8Start[offset]
            guard try byte(bytes) == expected else { throw JSONError(.unexpectedByte, at: position) }
            position += 1
        }
        leaf(kind, from: start, to: position)
    }

    /// `number = [ minus ] int [ frac ] [ exp ]`, `int = zero / ( digit1-9 *DIGIT )`
    private mutating func number(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let first = position
        try digits(bytes)
        if bytes[first] == UInt8(ascii: "0"), position - first > 1 { throw JSONError(.invalidNumber, at: first) }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try digits(bytes)
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            try digits(bytes)
        }
        leaf(.number, from: start, to: position)
    }

    private mutating func digits(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = position
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        if position == start { throw JSONError(position < bytes.count ? .invalidNumber : .unexpectedEnd, at: position) }
    }

    private mutating func string(_ bytes: Span<UInt8>) throws(JSONError) {
        position += 1
        let start = position
        var isEscaped = false
        while true {
            switch try byte(bytes) {
            case UInt8(ascii: "\""):
                leaf(.string, from: start, to: position, isEscaped: isEscaped)
                position += 1
                return
            case UInt8(ascii: "\\"):
                isEscaped = true
                try escape(bytes)
            case 0..<0x20: throw JSONError(.controlCharacter, at: position)
            case 0x20..<0x80: position += 1
            default:
                let length = UTF8Sequence.length(bytes, at: position)
                guard length > 0 else { throw JSONError(.invalidUTF8, at: position) }
                position += length
            }
        }
    }

    private mutating func escape(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = position
        position += 1
        switch try byte(bytes) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            let unit = try codeUnit(bytes, escapeStart: start)
            switch unit {
            case 0xD800...0xDBFF:
                guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                    bytes[position + 1] == UInt8(ascii: "u")
                else { throw JSONError(.loneSurrogate, at: start) }
                position += 2
                guard case 0xDC00...0xDFFF = try codeUnit(bytes, escapeStart: start) else {
                    throw JSONError(.loneSurrogate, at: start)
                }
            case 0xDC00...0xDFFF: throw JSONError(.loneSurrogate, at: start)
            default: break
            }
        default: throw JSONError(.invalidEscape, at: start)
        }
    }

    private mutating func codeUnit(_ bytes: Span<UInt8>, escapeStart: Int) throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = HexDigit.value(try byte(bytes)) else { throw JSONError(.invalidEscape, at: escapeStart) }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }
}

/// The names of one object so far: few are compared one by one, many through a set, so that no body costs quadratic time.
private struct MemberNames {
    private var indices: [Int] = []
    private var set: Set<[UInt8]> = []

    /// False when the name was there before, compared by what it decodes to.
    mutating func insert(_ index: Int, of nodes: [JSONDocument.Node], _ bytes: Span<UInt8>) -> Bool {
        if indices.count < 16 {
            for other in indices where Self.isSame(nodes[other], nodes[index], bytes) { return false }
            indices.append(index)
            return true
        }
        if set.isEmpty {
            for other in indices { set.insert(StringDecoder.decode(nodes[other], bytes)) }
        }
        return set.insert(StringDecoder.decode(nodes[index], bytes)).inserted
    }

    private static func isSame(_ a: JSONDocument.Node, _ b: JSONDocument.Node, _ bytes: Span<UInt8>) -> Bool {
        if a.isEscaped || b.isEscaped { return StringDecoder.decode(a, bytes) == StringDecoder.decode(b, bytes) }
        guard a.end - a.start == b.end - b.start else { return false }
        for offset in 0..<Int(a.end - a.start) where bytes[Int(a.start) + offset] != bytes[Int(b.start) + offset] {
            return false
        }
        return true
    }
}
