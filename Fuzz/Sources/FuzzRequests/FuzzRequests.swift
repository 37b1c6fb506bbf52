/// Requests: what our strict parser accepts, NIOHTTP1 must accept with the same meaning, and the pieces that the bytes come in must not matter.
@main
enum FuzzRequests {
    static func main() {
        LibFuzzer.run { bytes in
            if let difference = Differential.difference(bytes) { fatalError(difference) }
            let whole = Differential.ours(bytes)
            for piece in [1, 3, 16] where Differential.ours(bytes, inPiecesOf: piece) != whole { fatalError("in pieces of \(piece) it is another request") }
        }
    }
}
