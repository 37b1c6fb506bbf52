import Access

/// The characters of a file, addressable by line and column.
///
/// Refused are characters that make a file look different from what it is: control characters, the line separators that YAML 1.1
/// takes for line breaks and editors do not (what stands behind one in a comment would be read), and the bidirectional controls of
/// "Trojan Source" (CVE-2021-42574).
struct YAMLText {
    struct Problem: Error {
        let message: String
        let position: SourcePosition
    }

    private(set) var scalars: [Unicode.Scalar]
    private let lineStarts: [Int]

    static func read(_ bytes: [UInt8]) -> Result<YAMLText, Problem> {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(bytes.count)
        var lineStarts = [0]
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var isAfterCarriageReturn = false
        func problem(_ message: String) -> Result<YAMLText, Problem> {
            .failure(
                Problem(
                    message: message,
                    position: SourcePosition(line: lineStarts.count, column: scalars.count - lineStarts[lineStarts.count - 1] + 1)
                )
            )
        }
        while true {
            let scalar: Unicode.Scalar
            switch decoder.decode(&iterator) {
            case .emptyInput:
                if isAfterCarriageReturn { return problem("a carriage return without a line feed") }
                return .success(YAMLText(scalars: scalars, lineStarts: lineStarts))
            case .error: return problem("the file is not UTF-8 here")
            case .scalarValue(let value): scalar = value
            }
            if scalar == "\u{feff}", scalars.isEmpty, lineStarts.count == 1 { continue }
            if isAfterCarriageReturn, scalar != "\n" { return problem("a carriage return without a line feed") }
            if let name = refusedName(scalar) { return problem("\(name) is not allowed here") }
            isAfterCarriageReturn = scalar == "\r"
            scalars.append(scalar)
            if scalar == "\n" { lineStarts.append(scalars.count) }
        }
    }

    /// The index of the scalar at a position; nil past the end of the text.
    func offset(_ position: SourcePosition) -> Int? {
        guard position.line >= 1, position.line <= lineStarts.count else { return nil }
        let offset = lineStarts[position.line - 1] + position.column - 1
        return offset < scalars.count ? offset : nil
    }

    func scalar(at position: SourcePosition) -> Unicode.Scalar? {
        offset(position).map { scalars[$0] }
    }

    mutating func replace(at offset: Int, with scalar: Unicode.Scalar) {
        scalars[offset] = scalar
    }

    /// No file may hold this noncharacter, so that it can stand for another.
    static let standIn: Unicode.Scalar = "\u{10fffe}"

    /// The text with every `*` hidden behind the stand-in.
    var withoutStars: String {
        String(String.UnicodeScalarView(scalars.map { $0 == "*" ? Self.standIn : $0 }))
    }

    /// Puts the stars of a piece of `withoutStars` back.
    static func restoringStars(_ piece: String) -> String {
        guard piece.unicodeScalars.contains(standIn) else { return piece }
        return String(String.UnicodeScalarView(piece.unicodeScalars.map { $0 == standIn ? "*" : $0 }))
    }

    private init(scalars: [Unicode.Scalar], lineStarts: [Int]) {
        self.scalars = scalars
        self.lineStarts = lineStarts
    }

    private static func refusedName(_ scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        case 0x09, 0x0a, 0x0d, 0x20...0x7e: nil
        case 0...0x1f, 0x7f...0x9f: "a control character"
        case 0x2028, 0x2029: "a line separator other than line feed"
        case 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: "a character that changes the writing direction"
        case 0xfeff, 0xfffe, 0xffff, standIn.value: "an invisible character"
        default: nil
        }
    }
}
