import Foundation
import HTTPWire
import Testing

/// The safety net of the strict parser: what it accepts, NIOHTTP1's parser accepts with the same method, target, headers and body.
@Suite("Whatever our parser accepts, NIOHTTP1 reads alike")
struct DifferentialTests {
    @Test("over thousands of requests put together from good and bad pieces")
    func generated() {
        var random = Generator(state: 0x5EED)
        let methods = ["GET", "POST", "DELETE", "PATCH", "OPTIONS", "PUT", "HEAD", "get", "G ET", ""]
        let targets = ["/", "/a/b?c=d", "/%41", "*", "http://a/x", "//x", "/a b", "/\u{E9}", ""]
        let versions = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/1.1 "]
        let fields = [
            "Host: a", "Host: a", "Host: b", "Content-Length: 5", "Content-Length: 0", "Content-Length: 5, 5", "Transfer-Encoding: chunked",
            "Transfer-Encoding: Chunked", "Transfer-Encoding: gzip, chunked", "X: y", "X:y", "X:  y \t", "X : y", " X: y", "X: \u{1}",
            "X: é",
            "Connection: close", "Connection: keep-alive", "Cookie: a=b", "Authorization: Bearer x", "Expect: 100-continue", "Empty:",
            ": x",
        ]
        let ends = ["\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r"]
        let bodies = [
            "", "hello", "5\r\nhello\r\n0\r\n\r\n", "5;x\r\nhello\r\n0\r\n\r\n", "0\r\n\r\n", "0\r\nX: y\r\n\r\n", "5\r\nhello0\r\n\r\n",
        ]
        var accepted = 0
        for _ in 0..<20_000 {
            var text = "\(random.pick(methods)) \(random.pick(targets)) \(random.pick(versions))\(random.pick(ends))"
            if random.next() % 10 > 0 { text += "Host: a\r\n" }
            for _ in 0..<random.next() % 4 { text += random.pick(fields) + random.pick(ends) }
            text += random.pick(ends) + random.pick(bodies)
            let bytes = Array(text.utf8)
            if Differential.ours(bytes) != nil { accepted += 1 }
            if let difference = Differential.difference(bytes) { Issue.record("\(text.debugDescription): \(difference)") }
        }
        #expect(accepted > 500)
    }

    /// The files of `Fuzz/`: the seeds, and every case in which the two once differed or something failed.
    static let files: [URL] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return ["Fuzz/Seeds/requests", "Fuzz/FailCases/requests"].flatMap { folder in
            (try? FileManager.default.contentsOfDirectory(
                at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil, options: .skipsHiddenFiles)) ?? []
        }.sorted { $0.path < $1.path }
    }()

    @Test("over what the fuzzer began with and what it has found", arguments: files)
    func kept(file: URL) throws {
        let bytes = Array(try Data(contentsOf: file))
        #expect(Differential.difference(bytes) == nil)
        // However the bytes come in.
        let whole = Differential.ours(bytes)
        for piece in [1, 2, 3, 7] { #expect(Differential.ours(bytes, inPiecesOf: piece) == whole, "in pieces of \(piece)") }
    }

    @Test("the files are there")
    func filesAreThere() { #expect(Self.files.count >= 20) }

    struct Generator {
        var state: UInt64

        mutating func next() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33)
        }

        mutating func pick(_ options: [String]) -> String { options[next() % options.count] }
    }
}
