import Access
import GatewayCore
import HTTPWire
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
        lines.append(text: #"{"time":""#)
        lines.append(contentsOf: clock.timestampPrefix)
        let milliseconds = Int(clock.milliseconds % 1000)
        for digit in [milliseconds / 100, milliseconds / 10 % 10, milliseconds % 10] {
            lines.append(UInt8(ascii: "0") + UInt8(digit))
        }
        lines.append(text: #"Z","request_id":""#)
        lines.append(contentsOf: facts.requestID)
        lines.append(text: #"","method":"#)
        nullable(admission.method?.name)
        lines.append(text: #","path":"#)
        if path.count == 0 { lines.append(text: "null") } else { quoted(path) }
        lines.append(text: #","route":"#)
        nullable(admission.routeName)
        lines.append(text: ",")
        if let caller = admission.caller {
            lines.append(contentsOf: caller.logFragment)
        } else {
            lines.append(text: #""caller":null,"subject":"#)
            nullable(facts.clientID)
            lines.append(text: #","tenant":null,"roles":[],"scopes":[],"token_id":null"#)
        }
        lines.append(text: #","remote":""#)
        lines.append(contentsOf: facts.remote)
        lines.append(text: admission.isAllowedToTheEnd ? #"","decision":"allow","reason":""# : #"","decision":"deny","reason":""#)
        text(admission.reason.rawValue)
        lines.append(text: #"","policy":""#)
        text(policy.digest)
        lines.append(text: #"","status":"#)
        lines.append(decimal: facts.status)
        lines.append(text: #","duration_us":"#)
        lines.append(decimal: Int(facts.durationMicroseconds))
        lines.append(text: "\n")
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

    private mutating func text(_ text: String) { lines.append(contentsOf: text.utf8) }

    private mutating func nullable(_ text: String?) {
        if let text { JSONText.append(text, to: &lines) } else { lines.append(text: "null") }
    }

    private mutating func quoted(_ bytes: Span<UInt8>) {
        lines.append(UInt8(ascii: "\""))
        JSONText.appendEscaped(bytes, to: &lines)
        lines.append(UInt8(ascii: "\""))
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
