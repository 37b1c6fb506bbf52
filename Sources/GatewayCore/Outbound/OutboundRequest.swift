package import Access
package import HTTPWire
import StrictJSON
package import Tokens

/// The head of a request as an upstream receives it: exactly the target that was decided on, nothing that a client may not say, and who
/// the caller is. It cannot be made without a `Grant`.
package struct OutboundRequest {
    /// What the head is made of besides the request and its grant.
    package struct Facts {
        package let requestID: [UInt8]
        /// The name of this gateway, as in its tokens.
        package let issuer: String
        /// The client's address, as text.
        package let remote: [UInt8]
        package let isSecure: Bool
        /// Unix seconds.
        package let now: Int64
        /// Random, for a trace that is started here.
        package let traceIDs: (UInt64, UInt64, UInt64)
        /// Cookies that carry sessions, which stay here; also in chunks.
        package let sessionCookies: [String]
        /// Whether the connection is to become a WebSocket.
        package let isUpgrade: Bool
        /// Told when an assertion is signed; nil: nobody asks.
        package let assertionUse: KeyUseMark?

        package init(
            requestID: [UInt8], issuer: String, remote: [UInt8], isSecure: Bool, now: Int64, traceIDs: (UInt64, UInt64, UInt64),
            sessionCookies: [String], isUpgrade: Bool, assertionUse: KeyUseMark? = nil
        ) {
            self.requestID = requestID
            self.issuer = issuer
            self.remote = remote
            self.isSecure = isSecure
            self.now = now
            self.traceIDs = traceIDs
            self.sessionCookies = sessionCookies
            self.isUpgrade = isUpgrade
            self.assertionUse = assertionUse
        }
    }

    private let grant: Grant
    private let caller: AuthenticatedCaller?
    private let profile: UpstreamProfile
    private let policy: String

    package init(_ grant: Grant, caller: AuthenticatedCaller?, to profile: UpstreamProfile, policy: Policy) {
        self.grant = grant
        self.caller = caller
        self.profile = profile
        self.policy = policy.digest
    }

    /// Appends the whole head, the empty line included, but for the server's own name where the client's Host is not preserved.
    /// - Parameters:
    ///   - target: the canonical path and query that were decided on.
    ///   - bytes: what the head's ranges point into.
    /// - Returns: the index in `output` at which the server's `host` or `host:port` is to be inserted; nil: nowhere.
    /// - Throws: a refusal when the client's `Connection` nominates what it must not, or the assertion cannot be signed.
    package func write(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, target: Span<UInt8>, _ facts: Facts, to output: inout [UInt8]
    ) throws(Refusal) -> Int? {
        let nominated = try NominatedNames(head, bytes)
        output.append(bytes, head.method)
        output.append(UInt8(ascii: " "))
        let sent = stripped(target)
        if sent.needsSlash { output.append(UInt8(ascii: "/")) }
        output.append(target, sent.range)
        output.append(text: " HTTP/1.1\r\nhost: ")
        let hostIndex = profile.preservesHost ? nil : output.count
        if profile.preservesHost, let host = head.value(.host) { output.append(bytes, host) }
        let trace = bytes.extracting(head.value(.traceparent).map { $0 } ?? 0..<0)
        let isTraced = TraceContext.isValid(trace)
        for field in head.fields where HeaderHygiene.mayReachUpstream(field, bytes) && !nominated.contains(field.name, bytes) {
            if !isTraced, TraceContext.isState(field, bytes) { continue }
            output.append(text: "\r\n")
            output.append(bytes, field.name)
            output.append(text: ": ")
            output.append(bytes, field.value)
        }
        appendCookies(head, bytes, facts, to: &output)
        switch head.framing {
        case .none: break
        case .length(let count):
            output.append(text: "\r\ncontent-length: ")
            output.append(decimal: count)
        case .chunked: output.append(text: "\r\ntransfer-encoding: chunked")
        }
        if facts.isUpgrade { output.append(text: "\r\nconnection: upgrade\r\nupgrade: websocket") }
        appendOrigin(head, bytes, facts, trace: isTraced ? trace : nil, to: &output)
        appendIdentity(to: &output)
        try appendAssertion(head, bytes, target, sent, facts, to: &output)
        output.append(text: "\r\n\r\n")
        return hostIndex
    }

    /// Only what is said of the caller, for a proxy that passes the request on itself: the fields with their values, in the order of `write`.
    package func proof(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, target: Span<UInt8>, _ facts: Facts
    ) throws(Refusal) -> [(String, String)] {
        var lines: [UInt8] = []
        appendIdentity(to: &lines)
        try appendAssertion(head, bytes, target, stripped(target), facts, to: &lines)
        // Each line has CRLF in front, and no value has a control character in it.
        return lines.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            let value = line[(colon + 2)...].prefix { $0 != UInt8(ascii: "\r") }
            return (String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
    }

    /// The target without the prefix that the upstream does not know; where nothing of the path is left, it needs a slash in front.
    private func stripped(_ target: Span<UInt8>) -> (range: Range<Int>, needsSlash: Bool) {
        let (prefix, whole) = (profile.strip, 0..<target.count)
        guard !prefix.isEmpty, target.count >= prefix.count else { return (whole, false) }
        for index in prefix.indices where target[index] != prefix[index] { return (whole, false) }
        let rest = prefix.count..<target.count
        if rest.isEmpty || target[rest.lowerBound] == UInt8(ascii: "?") { return (rest, true) }
        return target[rest.lowerBound] == UInt8(ascii: "/") ? (rest, false) : (whole, false)
    }

    private func appendCookies(_ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ facts: Facts, to output: inout [UInt8]) {
        guard head.value(.cookie) != nil else { return }
        var isFirst = true
        for field in head.fields where field.known == .cookie {
            CookieHygiene.forEachOther(bytes, field.value, than: facts.sessionCookies) { cookie in
                output.append(text: isFirst ? "\r\ncookie: " : "; ")
                output.append(bytes, cookie)
                isFirst = false
            }
        }
    }

    private func appendOrigin(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ facts: Facts, trace: Span<UInt8>?, to output: inout [UInt8]
    ) {
        output.append(text: "\r\nx-request-id: ")
        output.append(contentsOf: facts.requestID)
        output.append(text: "\r\ntraceparent: ")
        TraceContext.append(continuing: trace, ids: facts.traceIDs, to: &output)
        output.append(text: "\r\nx-forwarded-for: ")
        output.append(contentsOf: facts.remote)
        output.append(
            text: facts.isSecure
                ? "\r\nx-forwarded-proto: https\r\nx-forwarded-host: " : "\r\nx-forwarded-proto: http\r\nx-forwarded-host: ")
        if let host = head.value(.host) { output.append(bytes, host) }
    }

    private func appendIdentity(to output: inout [UInt8]) {
        if let caller {
            output.append(contentsOf: caller.identityHeaders)
        } else {
            output.append(text: "\r\nx-gatehouse-caller: anonymous")
        }
        output.append(text: "\r\nx-gatehouse-route: ")
        output.append(contentsOf: grant.route.id.utf8)
    }

    private func appendAssertion(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ target: Span<UInt8>, _ sent: (range: Range<Int>, needsSlash: Bool),
        _ facts: Facts,
        to output: inout [UInt8]
    ) throws(Refusal) {
        if case .none = profile.signer { return }
        facts.assertionUse?.note(at: facts.now)
        var claims: [UInt8] = []
        // More than most take, and as much as `malloc` still keeps at hand for a thread.
        claims.reserveCapacity(960)
        claims.append(text: #"{"iss":"#)
        JSONText.append(facts.issuer, to: &claims)
        claims.append(text: #","aud":""#)
        claims.append(contentsOf: profile.name.utf8)
        claims.append(text: #"","#)
        claims.append(contentsOf: caller?.assertionFragment ?? Array(#""caller":"anonymous""#.utf8))
        claims.append(text: #","objects":""#)
        claims.append(contentsOf: grant.objects.name.utf8)
        claims.append(text: #"","htm":""#)
        claims.append(bytes, head.method)
        claims.append(text: #"","htu":""#)
        if sent.needsSlash { claims.append(UInt8(ascii: "/")) }
        JSONText.appendEscaped(target.extracting(sent.range), to: &claims)
        claims.append(text: #"","route":"#)
        JSONText.append(grant.route.id, to: &claims)
        claims.append(text: #","policy":""#)
        claims.append(contentsOf: policy.utf8)
        claims.append(text: #"","rid":""#)
        claims.append(contentsOf: facts.requestID)
        claims.append(text: #"","iat":"#)
        claims.append(decimal: Int(facts.now))
        claims.append(text: #","exp":"#)
        claims.append(decimal: Int(facts.now + 30))
        claims.append(text: "}")
        output.append(text: "\r\nx-gatehouse-assertion: ")
        let start = output.count
        output.append(contentsOf: profile.assertionHeader)
        Base64URL.append(claims.span, to: &output)
        do { try profile.signer.appendSignature(from: start, to: &output) } catch {
            throw Refusal(.internal, Problem(.internal, "The request could not be passed on."))
        }
    }
}

extension ObjectGrant {
    /// As the assertion says it.
    var name: String {
        switch self {
        case .any: "any"
        case .own: "own"
        case .none: "none"
        }
    }
}
