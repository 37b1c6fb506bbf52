import HTTPWire
import OpenSSLCrypto

/// What ties decision records together: each line ends in `,"prev":"…","hash":"…"}`, where `hash` is the SHA-256 of the line's bytes before
/// `,"hash":` and `prev` the hash of the line before. So no line can be changed, added, removed or moved without the lines behind it showing.
package struct DecisionChain: Sendable {
    /// What the first line of all names as `prev`.
    package static let start = Array(String(repeating: "0", count: 64).utf8)

    /// The hash of the last line: 64 lower-case hexadecimal digits.
    package private(set) var last: [UInt8]

    package init(after last: [UInt8] = start) { self.last = last }

    /// Completes lines as `DecisionBuffer` makes them: without the closing brace, each ended by a line feed.
    package mutating func seal(_ lines: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(lines.count + lines.count / 2)
        var digest = StreamingDigest(.sha256)
        var next = 0
        while let end = lines.span.firstIndex(of: UInt8(ascii: "\n"), from: next) {
            let start = output.count
            output.append(lines.span, next..<end)
            next = end + 1
            output.append(contentsOf: Self.prevMarker)
            output.append(contentsOf: last)
            output.append(UInt8(ascii: "\""))
            digest.update(output.span.extracting(start..<output.count))
            last.removeAll(keepingCapacity: true)
            Self.appendHex(digest.finalize(), to: &last)
            output.append(contentsOf: Self.hashMarker)
            output.append(contentsOf: last)
            output.append(contentsOf: Self.end)
            output.append(UInt8(ascii: "\n"))
        }
        return output
    }

    /// The links that a whole line names; nil when it does not end as a record does. Nothing says that they are right.
    static func links(of line: ArraySlice<UInt8>) -> (prev: ArraySlice<UInt8>, hash: ArraySlice<UInt8>, hashed: ArraySlice<UInt8>)? {
        let tail = prevMarker.count + 64 + 1 + hashMarker.count + 64 + end.count
        guard line.count > tail, line.suffix(end.count).elementsEqual(end) else { return nil }
        let hashEnd = line.endIndex - end.count
        let hash = line[hashEnd - 64..<hashEnd]
        let hashedEnd = hashEnd - 64 - hashMarker.count
        guard line[hashedEnd..<hashEnd - 64].elementsEqual(hashMarker), line[hashedEnd - 1] == UInt8(ascii: "\"") else { return nil }
        let prev = line[hashedEnd - 65..<hashedEnd - 1]
        guard line[hashedEnd - 65 - prevMarker.count..<hashedEnd - 65].elementsEqual(prevMarker), isHash(prev), isHash(hash) else {
            return nil
        }
        return (prev, hash, line[..<hashedEnd])
    }

    static func hash(_ bytes: Span<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        appendHex(Digest.hash(.sha256, bytes), to: &text)
        return text
    }

    private static func appendHex(_ bytes: [UInt8], to text: inout [UInt8]) {
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value }

    /// The hash of the last whole record among the last bytes of a file; nil when there is none.
    static func lastHash(in tail: [UInt8]) -> [UInt8]? {
        for line in tail.split(separator: UInt8(ascii: "\n")).reversed() {
            if let links = links(of: line) { return Array(links.hash) }
        }
        return nil
    }

    private static func isHash(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
    }

    private static let prevMarker = Array(#","prev":""#.utf8)
    private static let hashMarker = Array(#","hash":""#.utf8)
    private static let end = Array("\"}".utf8)
}
