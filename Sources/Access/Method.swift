/// The request methods a policy can name (RFC 9110 section 9.3, RFC 5789). Anything else is answered 501 before routing.
package enum Method: UInt8, CaseIterable, Sendable {
    case get, head, post, put, patch, delete, options

    /// The method as it stands in a request line: upper case, since methods are case-sensitive (RFC 9110 section 9.1).
    package var name: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        }
    }

    /// Nil for any other spelling, `get` included.
    package init?(_ name: String) {
        self.init(name: name.utf8.span)
    }

    /// Nil for any other spelling. Allocates nothing.
    package init?(name: Span<UInt8>) {
        switch name.count {
        case 3 where name.spells("GET"): self = .get
        case 3 where name.spells("PUT"): self = .put
        case 4 where name.spells("HEAD"): self = .head
        case 4 where name.spells("POST"): self = .post
        case 5 where name.spells("PATCH"): self = .patch
        case 6 where name.spells("DELETE"): self = .delete
        case 7 where name.spells("OPTIONS"): self = .options
        default: return nil
        }
    }
}

extension Span<UInt8> {
    /// Whether the bytes are exactly this ASCII text.
    fileprivate func spells(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { buffer in
            for index in 0..<count where unsafe buffer[index] != self[index] {  // both have `count` bytes
                return false
            }
            return true
        }
    }
}

/// A set of methods, one bit each.
package struct MethodSet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package init(_ method: Method) {
        rawValue = 1 << method.rawValue
    }

    package func contains(_ method: Method) -> Bool {
        rawValue & (1 << method.rawValue) != 0
    }

    package mutating func insert(_ method: Method) {
        self = union(MethodSet(method))
    }

    /// In the order of `Method.allCases`, as the `Allow` header lists them.
    package var methods: [Method] {
        Method.allCases.filter { contains($0) }
    }

    /// The set with HEAD beside GET: a HEAD request is decided as GET is (RFC 9110 section 9.3.2).
    package var withHeadFollowingGet: MethodSet {
        contains(.get) ? union(MethodSet(.head)) : self
    }
}
