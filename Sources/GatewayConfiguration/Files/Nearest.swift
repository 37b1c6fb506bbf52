/// What somebody who mistyped a word probably meant.
package enum Nearest {
    /// The word of `known` that is nearest to `word`, if it is near: at most two edits away (a letter more, less, other, or two swapped) and
    /// fewer than half of the letters; case does not count as a difference.
    package static func to(_ word: String, in known: some Sequence<String>) -> String? {
        let letters = Array(word.lowercased())
        guard letters.count <= 64 else { return nil }
        var best: (word: String, distance: Int)?
        for candidate in known {
            let distance = distance(letters, Array(candidate.lowercased()))
            guard distance <= 2, distance * 2 < max(letters.count, 2) else { continue }
            if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
        }
        return best?.word
    }

    /// A word from outside, fit to stand in a message: printable characters, at most 64.
    package static func quotable(_ word: String) -> String {
        let scalars = word.unicodeScalars.prefix(64).map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: Unicode.Scalar(0xFFFD) ?? "?"
            default: scalar
            }
        }
        var text = String(String.UnicodeScalarView(scalars))
        if word.unicodeScalars.count > 64 { text += "…" }
        return text
    }

    /// Optimal string alignment: edits of one letter, and swaps of neighbours.
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var cost = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
