import Access
import HTTPWire
import Tokens

extension SignableMessage {
    /// A request as the gateway sees it: the canonical target, as it was decided on and is forwarded (attacks row P-16).
    /// - Parameter names: the fields that may be asked for, lower case; beside those that the rules ask for.
    init(_ head: borrowing RequestHead, _ bytes: Span<UInt8>, target: RequestTarget?, fields names: [String]) {
        let (path, query): ([UInt8], [UInt8]?)
        switch target {
        case .asSent(let length):
            let sent = head.target
            path = bytes.array(sent.lowerBound..<sent.lowerBound + length)
            query = length < sent.count ? bytes.array(sent.lowerBound + length + 1..<sent.upperBound) : nil
        case .rewritten(let target, let length):
            path = Array(target[..<length])
            query = length < target.count ? Array(target[(length + 1)...]) : nil
        case nil: (path, query) = ([UInt8(ascii: "/")], nil)
        }
        self.init(
            method: bytes.array(head.method), host: head.value(.host).map { bytes.array($0) } ?? [], path: path, query: query,
            hasBody: Self.hasBody(head)
        )
        for field in head.fields {
            let name = bytes.string(field.name).lowercased()
            if field.known == .contentDigest || field.known == .idempotencyKey || names.contains(name) {
                add(name, bytes.array(field.value))
            }
        }
    }

    /// What a signature of this request must cover.
    static func required(of head: borrowing RequestHead) -> [String] {
        required(hasBody: hasBody(head), hasIdempotencyKey: head.value(.idempotencyKey) != nil)
    }

    private static func hasBody(_ head: borrowing RequestHead) -> Bool { head.framing != .none && head.framing != .length(0) }
}
