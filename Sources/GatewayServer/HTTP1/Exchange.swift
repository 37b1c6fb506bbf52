import Access
import CustomerAPI
import GatewayCore
import HTTPWire
import NIOCore
import Tokens

/// A request whose head is judged and whose answer is still to come.
final class Exchange {
    /// Who answers once the body is there.
    enum Responder {
        /// It was answered already, and the body is read to find the next request; or an upstream answers, and the body is passed on as it comes.
        case nobody
        case oauth(Endpoint, authorization: [UInt8]?, contentType: [UInt8]?, hasQuery: Bool)
        case session(AuthenticatedCaller)
        case signatureCheck(SignatureReport)
        case customers(APICall)
        /// Of a signed request: the head, and the bytes that its ranges point into.
        case upstream(Grant, String, RequestHead, [UInt8])
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
    /// Hashes the body of a signed request as it comes.
    let digest: ContentDigestCheck?
    /// That the body is not the signed one.
    var bodyFault: SignatureFault?
    /// The body of a signed request to an upstream.
    var held: ByteBuffer?
    let bodyLimit: Int
    let isChunked: Bool
    /// Whether the end of the connection is all that tells a client of HTTP/1.0 where the answer ends.
    var endsWithConnection = false
    /// Bytes of the body so far.
    var byteCount = 0

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
        if case .nobody = responder {
            digest = nil
        } else {
            let expected = admission.isAllowed ? admission.signature?.contentDigest ?? admission.signatureReport?.contentDigest : nil
            digest = expected.map { ContentDigestCheck($0) }
        }
        decoder = BodyDecoder(framing)
        self.bodyLimit = bodyLimit
    }
}
