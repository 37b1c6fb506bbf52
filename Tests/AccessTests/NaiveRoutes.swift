@testable import Access

/// Routes and their rules spelled out as slowly and plainly as possible, to hold the table against.
struct NaiveRoute {
    let pattern: RoutePattern
    let methods: MethodSet

    func matches(_ path: String) -> Bool {
        var segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if path == "/" { segments = [] }
        for (index, part) in pattern.segments.enumerated() {
            guard index < segments.count else { return false }
            switch part {
            case .literal(let text): if segments[index] != text { return false }
            case .parameter: if segments[index].isEmpty { return false }
            case .rest: return !segments[index].isEmpty
            }
        }
        return segments.count == pattern.segments.count
    }

    /// Whether some request matches both, neither being at least as specific everywhere and more specific somewhere.
    func conflicts(with other: NaiveRoute) -> Bool {
        guard !methods.isDisjoint(with: other.methods) else { return false }
        let longest = max(pattern.segments.count, other.pattern.segments.count) + 2
        return (0...longest).contains { count in
            guard let mine = expanded(to: count), let theirs = other.expanded(to: count) else { return false }
            var (mineIsMore, theirsIsMore) = (false, false)
            for (left, right) in zip(mine, theirs) {
                switch (left, right) {
                case (.literal(let a), .literal(let b)): if a != b { return false }
                case (.literal(let a), let variable):
                    if a.isEmpty, !variable.takesEmpty { return false }
                    mineIsMore = true
                case (let variable, .literal(let b)):
                    if b.isEmpty, !variable.takesEmpty { return false }
                    theirsIsMore = true
                default: break
                }
            }
            return mineIsMore == theirsIsMore
        }
    }

    /// For paths of `count` segments: which segments are literal.
    func literals(in count: Int) -> [Bool] {
        (expanded(to: count) ?? []).map { if case .literal = $0 { true } else { false } }
    }

    private enum Part {
        case literal(String)
        case variable(takesEmpty: Bool)

        var takesEmpty: Bool {
            if case .variable(let takesEmpty) = self { takesEmpty } else { false }
        }
    }

    /// The pattern for paths of exactly `count` segments.
    private func expanded(to count: Int) -> [Part]? {
        var parts: [Part] = []
        for part in pattern.segments {
            switch part {
            case .literal(let text): parts.append(.literal(text))
            case .parameter: parts.append(.variable(takesEmpty: false))
            case .rest:
                guard parts.count < count else { return nil }
                parts.append(.variable(takesEmpty: false))
                while parts.count < count { parts.append(.variable(takesEmpty: parts.count == count - 1)) }
            }
        }
        return parts.count == count ? parts : nil
    }
}

/// SplitMix64: small, and the same on every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func route() -> NaiveRoute {
        var text = ""
        let depth = Int.random(in: 0...4, using: &self)
        for index in 0..<depth {
            switch Int.random(in: 0..<10, using: &self) {
            case 0..<5: text += "/" + ["a", "b", "ab"].randomElement(using: &self)!  // the array is not empty
            case 5..<8: text += "/{p\(index)}"
            case 8 where index == depth - 1: text += "/"
            default: text += index == depth - 1 ? "/{rest...}" : "/{p\(index)}"
            }
        }
        let pattern = try? RoutePattern(parsing: text.isEmpty ? "/" : text)
        let methods: [MethodSet] = [
            MethodSet(.get).withHeadFollowingGet, MethodSet(.post), [MethodSet(.post), MethodSet(.delete)], MethodSet(.delete),
        ]
        guard let pattern else { return route() }
        return NaiveRoute(pattern: pattern, methods: methods.randomElement(using: &self)!)  // the array is not empty
    }

    mutating func path() -> String {
        let depth = Int.random(in: 0...5, using: &self)
        guard depth > 0 else { return "/" }
        var text = ""
        for index in 0..<depth {
            let choices = index == depth - 1 ? ["a", "b", "ab", "c", "abc", ""] : ["a", "b", "ab", "c"]
            text += "/" + choices.randomElement(using: &self)!  // the array is not empty
        }
        return text
    }
}
