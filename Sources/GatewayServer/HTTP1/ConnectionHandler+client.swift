import Access
import GatewayCore
import HTTPWire
import NIOCore

/// Who makes the requests of a connection, where that is somebody behind a proxy.
extension ConnectionHandler {
    /// Sets `peer` and `remote` for the request at hand by what the proxy says. False when that is refused.
    func takeClient(behind proxy: Gatekeeper.Peer, _ bytes: Span<UInt8>, _ started: Int64) -> Bool {
        let found: Gatekeeper.Peer
        do throws(Refusal) {
            found = try ForwardedClient.peer(of: parser.head, bytes, through: proxy, trusting: loop.services.trustedProxies)
        } catch {
            setClient(proxy)
            let admission = Admission(outcome: .refuse(error), reason: error.reason)
            respond(Answer(error.problem, requestID: text(requestID)), to: admission, bytes, started)
            return false
        }
        setClient(found)
        return true
    }

    func setClient(_ client: Gatekeeper.Peer) {
        if client.address != peer.address { remote = Array((client.address?.description ?? "").utf8) }
        peer = client
    }
}
