import Access
import HTTPWire

/// Targets: refused, or canonical for good, of allowed bytes only, without a second meaning. And answers of upstreams, which must not trap.
@main
enum FuzzTargets {
    static func main() {
        LibFuzzer.run { bytes in
            target(bytes)
            response(bytes)
        }
    }
}

private func target(_ sent: [UInt8]) {
    guard let target = try? RequestTarget.canonical(sent.span) else { return }
    let (canonical, pathLength): ([UInt8], Int) =
        switch target {
        case .asSent(let length): (sent, length)
        case .rewritten(let bytes, let length): (bytes, length)
        }
    guard (try? RequestTarget.canonical(canonical.span)) == .asSent(pathLength: pathLength) else { fatalError("not stable") }
    guard pathLength == canonical.firstIndex(of: UInt8(ascii: "?")) ?? canonical.count else { fatalError("the path ends elsewhere") }
    guard canonical.allSatisfy({ 0x21..<0x7F ~= $0 && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "\\") }) else { fatalError("a byte that is refused") }
    let path = canonical[..<pathLength]
    guard !path.contains(UInt8(ascii: ";")), path.first == UInt8(ascii: "/") else { fatalError("a path parameter") }
    let segments = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard !segments.dropLast().contains(where: \.isEmpty), !segments.contains(where: { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }) else {
        fatalError("an empty or dot segment")
    }
    for escape in ["%2F", "%5C", "%25", "%2E", "%3B", "%3F", "%23", "%20", "%7F", "%0", "%1"] where path.firstRange(of: Array(escape.utf8)) != nil {
        fatalError("\(escape) in the path")
    }
}

private func response(_ bytes: [UInt8]) {
    for isHead in [false, true] {
        var parser = ResponseHeadParser(limits: WireLimits(target: 0, headers: 4096, headerCount: 50))
        let whole = (try? parser.parse(bytes.span, isHead: isHead)).map { $0 ? parser.head.byteCount : 0 }
        var pieces = ResponseHeadParser(limits: WireLimits(target: 0, headers: 4096, headerCount: 50))
        var result: Int? = 0
        for length in stride(from: 0, through: bytes.count, by: 1) {
            guard let isComplete = try? pieces.parse(bytes.span.extracting(0..<length), isHead: isHead) else {
                result = nil
                break
            }
            if isComplete {
                result = pieces.head.byteCount
                break
            }
        }
        // Byte by byte the end may be seen, or the fault, before what follows it: never another end.
        if let whole, whole > 0, result != whole { fatalError("in pieces it is another answer") }
        guard let whole, whole > 0 else { continue }
        let head = parser.head
        guard 100...599 ~= head.status, whole <= bytes.count else { fatalError("a head out of its bounds") }
        for field in head.fields where bytes[field.value].contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) { fatalError("a control character") }
        var decoder: BodyDecoder
        switch head.framing {
        case .chunked: decoder = BodyDecoder(.chunked)
        case .length(let count): decoder = BodyDecoder(.length(count))
        case .none, .untilClose: continue
        }
        var position = whole
        loop: while let step = try? decoder.next(bytes.span.extracting(position..<bytes.count)) {
            switch step {
            case .end, .needMore: break loop
            case .skip(let count), .body(let count):
                guard count > 0, position + count <= bytes.count else { fatalError("a step out of bounds") }
                position += count
            }
        }
    }
}
