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
    let started: Int64
    var decoder: BodyDecoder
    var body: [UInt8] = []
    let bodyLimit: Int

    init(
        _ admission: Admission, snapshot: Snapshot, responder: Responder, requestID: [UInt8], path: [UInt8], isHead: Bool,
        isKeepAlive: Bool, started: Int64, framing: RequestHead.Framing, bodyLimit: Int
    ) {
        self.admission = admission
        self.snapshot = snapshot
        self.responder = responder
        self.requestID = requestID
        self.path = path
        self.isHead = isHead
        self.isKeepAlive = isKeepAlive
        self.started = started
        decoder = BodyDecoder(framing)
        self.bodyLimit = bodyLimit
    }
}
