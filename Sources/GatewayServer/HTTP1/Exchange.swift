import CustomerAPI
import GatewayCore
import HTTPWire

/// A request whose head is judged and whose answer is still to come.
final class Exchange {
    /// Who answers once the body is there.
    enum Responder {
        /// It was answered already; the body is read to find the next request.
        case nobody
        case token(authorization: [UInt8]?, contentType: [UInt8]?)
        case customers(APICall)
        case admin(path: String)
    }

    let admission: Admission
    let snapshot: Snapshot
    let responder: Responder
    let requestID: [UInt8]
    let path: [UInt8]
    let isHead: Bool
    var isKeepAlive: Bool
    let isHTTP10: Bool
    let started: Int64
    var decoder: BodyDecoder
    var body: [UInt8] = []
    let bodyLimit: Int
    let isChunked: Bool
    /// Bytes of the body so far, where it is passed on and not kept.
    var passedOn = 0

    init(
        _ admission: Admission, snapshot: Snapshot, responder: Responder, requestID: [UInt8], path: [UInt8], isHead: Bool,
        isKeepAlive: Bool, isHTTP10: Bool, started: Int64, framing: RequestHead.Framing, bodyLimit: Int
    ) {
        self.admission = admission
        self.snapshot = snapshot
        self.responder = responder
        self.requestID = requestID
        self.path = path
        self.isHead = isHead
        self.isKeepAlive = isKeepAlive
        self.isHTTP10 = isHTTP10
        self.started = started
        isChunked = framing == .chunked
        decoder = BodyDecoder(framing)
        self.bodyLimit = bodyLimit
    }
}
