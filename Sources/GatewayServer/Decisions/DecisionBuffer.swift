import Access
import GatewayCore
import StrictJSON

/// Decision records of one event loop on their way to the log: formatted here, chained and written elsewhere.
struct DecisionBuffer {
    /// What a record says besides the admission.
    struct Facts {
        let requestID: [UInt8]
        let remote: [UInt8]
        let status: Int
        let durationMicroseconds: Int64
        /// Who is named when there is no authenticated caller: the client of a token request.
        var clientID: String?
    }

    /// Records without the closing brace, each ended by a line feed.
    private(set) var lines: [UInt8] = []
    private(set) var count = 0

    /// Bytes after which a batch is handed over without waiting.
    static let batchSize = 32 << 10

    mutating func append(_ admission: borrowing Admission, path: Span<UInt8>, policy: Policy, clock: WallClock, _ facts: Facts) {
        if lines.capacity == 0 { lines.reserveCapacity(Self.batchSize + 4096) }
        raw(#"{"time":""#)
        lines.append(contentsOf: clock.timestampPrefix)
        let milliseconds = Int(clock.milliseconds % 1000)
        for digit in [milliseconds / 100, milliseconds / 10 % 10, milliseconds % 10] {
            lines.append(UInt8(ascii: "0") + UInt8(digit))
        }
        raw(#"Z","request_id":""#)
        lines.append(contentsOf: facts.requestID)
        raw(#"","method":"#)
        nullable(admission.method?.name)
        raw(#","path":"#)
        if path.count == 0 { raw("null") } else { quoted(path) }
        raw(#","route":"#)
        nullable(admission.routeName)
        raw(",")
        if let caller = admission.caller {
            lines.append(contentsOf: caller.logFragment)
        } else {
            raw(#""caller":null,"subject":"#)
            nullable(facts.clientID)
            raw(#","tenant":null,"roles":[],"scopes":[],"token_id":null"#)
        }
        raw(#","remote":""#)
        lines.append(contentsOf: facts.remote)
        raw(admission.isAllowedToTheEnd ? #"","decision":"allow","reason":""# : #"","decision":"deny","reason":""#)
        text(admission.reason.rawValue)
        raw(#"","policy":""#)
        text(policy.digest)
        raw(#"","status":"#)
        decimal(facts.status)
        raw(#","duration_us":"#)
        decimal(Int(facts.durationMicroseconds))
        raw("\n")
        count += 1
    }

    /// Takes what has gathered.
    mutating func drain() -> (lines: [UInt8], count: Int) {
        defer {
            lines = []
            count = 0
        }
        return (lines, count)
    }

    private mutating func raw(_ text: StaticString) {
        // A StaticString's bytes live as long as the program.
        unsafe lines.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func text(_ text: String) { lines.append(contentsOf: text.utf8) }

    private mutating func nullable(_ text: String?) {
        if let text { JSONText.append(text, to: &lines) } else { raw("null") }
    }

    private mutating func quoted(_ bytes: Span<UInt8>) {
        lines.append(UInt8(ascii: "\""))
        for index in bytes.indices { JSONText.appendEscaped(bytes[index], to: &lines) }
        lines.append(UInt8(ascii: "\""))
    }

    private mutating func decimal(_ number: Int) {
        guard number >= 0 else { return text(String(number)) }
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            lines.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }
}

extension Admission {
    /// Whether nobody said no: neither the gatekeeper nor the endpoint that was asked.
    var isAllowedToTheEnd: Bool { isAllowed && (reason == .allowed || reason == .isPublic) }

    /// The route's id, or the gateway's own endpoint.
    var routeName: String? {
        endpoint?.rawValue ?? route?.id
    }

    /// The gateway's own endpoint that was asked and not refused.
    var endpoint: Endpoint? { outcome.endpoint }
}

extension Admission.Outcome {
    fileprivate var endpoint: Endpoint? {
        switch self {
        case .endpoint(let endpoint): endpoint
        case .ifFresh(_, let then): then.endpoint
        case .forward, .options, .refuse: nil
        }
    }
}
