/// What of a request can be signed, as values (RFC 9421 section 2): the same for who signs and who verifies.
package struct SignableMessage: Sendable {
    package let method: [UInt8]
    /// Lower-case host, and the port unless it is the default one.
    package let authority: [UInt8]
    /// The canonical path; never empty.
    package let path: [UInt8]
    /// With the `?`; only `?` where the target has no query (RFC 9421 section 2.2.7).
    package let query: [UInt8]
    /// Whether the request has a body, and so must sign for it.
    package let hasBody: Bool
    /// Lower-case names and whole values; of a repeated field the values are joined with `, `.
    package private(set) var fields: [(name: String, value: [UInt8])] = []

    /// - Parameters:
    ///   - host: the value of `Host`.
    ///   - query: without the `?`; nil: there is none.
    package init(method: [UInt8], host: [UInt8], path: [UInt8], query: [UInt8]?, hasBody: Bool) {
        self.method = method
        authority = Self.authority(host)
        self.path = path
        self.query = [UInt8(ascii: "?")] + (query ?? [])
        self.hasBody = hasBody
    }

    /// Adds a line of a field. The value is without the white space around it.
    package mutating func add(_ name: String, _ value: [UInt8]) {
        if let index = fields.firstIndex(where: { $0.name == name }) {
            fields[index].value += Array(", ".utf8) + value
        } else {
            fields.append((name, value))
        }
    }

    /// The value of a component; nil when the request has none.
    package func value(of component: String) -> [UInt8]? {
        switch component {
        case "@method": method
        case "@authority": authority
        case "@path": path
        case "@query": query
        case "@request-target": query.count > 1 ? path + query : path
        default: fields.first { $0.name == component }?.value
        }
    }

    /// Derived components that this gateway can tell. What depends on the scheme cannot be known behind a proxy; the rest is of responses.
    static let derived: Set<String> = ["@method", "@authority", "@path", "@query", "@request-target"]

    /// What a signature must cover, whatever it says itself (attacks row M-03).
    package var required: [String] {
        Self.required(hasBody: hasBody, hasIdempotencyKey: fields.contains { $0.name == "idempotency-key" })
    }

    package static func required(hasBody: Bool, hasIdempotencyKey: Bool) -> [String] {
        var names = ["@method", "@authority", "@path", "@query", "authorization"]
        if hasBody { names += ["content-digest", "content-type"] }
        if hasIdempotencyKey { names.append("idempotency-key") }
        return names
    }

    /// The signature base over these components (RFC 9421 section 2.5). Those that the request does not have are left out; whoever verifies
    /// asks for them first.
    /// - Parameter parameters: the value of `@signature-params`.
    package func base(over components: [String], parameters: [UInt8]) -> [UInt8] {
        var base: [UInt8] = []
        for component in components {
            guard let value = value(of: component) else { continue }
            base += "\"\(component)\": ".utf8
            base += value
            base.append(UInt8(ascii: "\n"))
        }
        base += "\"@signature-params\": ".utf8
        base += parameters
        return base
    }

    /// `@authority` is lower case and without the default port (RFC 9421 section 2.2.3). Both default ports are taken off: TLS may have ended
    /// before us, and the port of a listener is no secret to be signed.
    private static func authority(_ host: [UInt8]) -> [UInt8] {
        var authority = host.map { $0 &- UInt8(ascii: "A") < 26 ? $0 | 0x20 : $0 }
        for port in [":80", ":443"] where authority.suffix(port.utf8.count).elementsEqual(port.utf8) && authority.count > port.utf8.count {
            authority.removeLast(port.utf8.count)
            break
        }
        return authority
    }
}
