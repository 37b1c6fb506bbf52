/// The path of a route: literal segments, `{name}` for one segment, and `{name...}` for the rest, only last.
package struct RoutePattern: Hashable, Sendable {
    package enum Segment: Hashable, Sendable {
        /// Byte for byte, case-sensitive (attack P-18). Empty only as the last one, for a path that ends in `/`.
        case literal(String)
        /// Exactly one segment that is not empty.
        case parameter(String)
        /// One or more remaining segments, the first not empty.
        case rest(String)

        /// The name in braces.
        package var parameterName: String? {
            switch self {
            case .literal: nil
            case .parameter(let name), .rest(let name): name
            }
        }
    }

    /// As the policy writes it.
    package let text: String
    /// None for `/`.
    package let segments: [Segment]

    /// Reads a path as a policy writes it.
    ///
    /// Refused is whatever could never match, or would match something else than it seems to: no leading `/` (attack P-14), a path
    /// that is not in the normal form that requests are decided in, and wildcards of other routers.
    package init(parsing text: String) throws(RoutePatternError) {
        guard text.hasPrefix("/") else {
            let repaired = try? RoutePattern(parsing: "/" + text)
            throw RoutePatternError(message: "a path must begin with `/`", suggestion: repaired?.text)
        }
        self.text = text
        var segments: [Segment] = []
        if text != "/" {
            let parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
            for (offset, part) in parts.enumerated() {
                segments.append(try Self.segment(part, isLast: offset == parts.count - 1))
            }
        }
        self.segments = segments
        var seen: Set<String> = []
        for name in segments.compactMap(\.parameterName) where !seen.insert(name).inserted {
            throw RoutePatternError(message: "the parameter `{\(name)}` stands twice in the path")
        }
        let sample = segments.map { if case .literal(let literal) = $0 { literal } else { "x" } }
        guard RequestTarget.isCanonicalPath("/" + sample.joined(separator: "/")) else {
            throw RoutePatternError(message: "the path is not canonical: no request could ever match it")
        }
    }

    package var parameters: [String] {
        segments.compactMap(\.parameterName)
    }

    /// Where the value of a parameter stands in a path that this pattern matches; byte offsets.
    /// - Returns: nil when the pattern has no such parameter or the path has too few segments.
    package func range(of parameter: String, in path: Span<UInt8>) -> Range<Int>? {
        guard let wanted = segments.firstIndex(where: { $0.parameterName == parameter }) else { return nil }
        var start = 1
        for _ in 0..<wanted {
            while start < path.count, path[start] != UInt8(ascii: "/") { start += 1 }
            start += 1
        }
        guard start < path.count else { return nil }
        if case .rest = segments[wanted] { return start..<path.count }
        var end = start
        while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
        return start..<end
    }

    private static func segment(_ part: Substring, isLast: Bool) throws(RoutePatternError) -> Segment {
        guard part.contains("{") || part.contains("}") else {
            if part.contains("*") {
                throw RoutePatternError(
                    message: "`\(part)` is no wildcard here: write `{name}` for one segment, `{name...}` for the rest"
                )
            }
            if part.hasPrefix(":"), isName(part.dropFirst()) {
                throw RoutePatternError(message: "`\(part)` is no parameter here", suggestion: "{\(part.dropFirst())}")
            }
            return .literal(String(part))
        }
        guard part.hasPrefix("{"), part.hasSuffix("}") else {
            throw RoutePatternError(message: "a parameter must be a whole segment, as in `/{name}`")
        }
        var name = part.dropFirst().dropLast()
        let isRest = name.hasSuffix("...")
        if isRest { name = name.dropLast(3) }
        guard isName(name) else {
            throw RoutePatternError(
                message: "a parameter's name must be letters, digits and `_`, not beginning with a digit: `\(part)`"
            )
        }
        guard isRest else { return .parameter(String(name)) }
        guard isLast else {
            throw RoutePatternError(message: "`\(part)` stands for the rest of the path and must be its last segment")
        }
        return .rest(String(name))
    }

    private static func isName(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f: true
            default: false
            }
        }
    }
}

extension RoutePattern: CustomStringConvertible {
    package var description: String { text }
}

/// Why a text is no path pattern, in words for the person who wrote it.
package struct RoutePatternError: Error, Equatable {
    package let message: String
    package let suggestion: String?

    init(message: String, suggestion: String? = nil) {
        self.message = message
        self.suggestion = suggestion
    }
}
