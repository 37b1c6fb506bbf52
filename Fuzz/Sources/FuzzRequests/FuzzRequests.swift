/// Requests: what our strict parser accepts, NIOHTTP1 must accept with the same meaning, and the pieces that the bytes come in must not matter.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRequests(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let difference = Differential.difference(bytes) { fatalError(difference) }
    let whole = Differential.ours(bytes)
    for piece in [1, 3, 16] where Differential.ours(bytes, inPiecesOf: piece) != whole { fatalError("in pieces of \(piece) it is another request") }
    return 0
}
