/// The entity tag of a customer is its version between quotes; it is strong (RFC 9110 section 8.8.3).
struct EntityTag: Equatable {
    let isWeak: Bool
    /// What stands between the quotes.
    let opaque: String

    static func text(version: Int64) -> String { "\"\(version)\"" }

    /// The version that this tag names; nil when no customer can have this tag.
    var version: Int64? {
        guard let version = Int64(opaque), String(version) == opaque else { return nil }
        return version
    }

    /// What `If-Match` and `If-None-Match` hold.
    enum Condition: Equatable {
        /// `*`
        case any
        case tags([EntityTag])
    }

    /// Reads `"*" / #entity-tag` (RFC 9110 section 13.1.1), empty list elements being skipped (section 5.6.1.2):
    ///
    ///     entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE
    ///     etagc      = %x21 / %x23-7E / obs-text
    ///
    /// Nil for anything else, and for a list without a tag.
    static func parseCondition(_ field: String) -> Condition? {
        let bytes = Array(field.utf8)
        if bytes == [UInt8(ascii: "*")] { return .any }
        var tags: [EntityTag] = []
        var position = 0
        func skipSpace() {
            while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
        }
        while true {
            skipSpace()
            if position < bytes.count, bytes[position] != UInt8(ascii: ",") {
                guard let (tag, end) = tag(bytes, at: position) else { return nil }
                tags.append(tag)
                position = end
                skipSpace()
            }
            if position == bytes.count { return tags.isEmpty ? nil : .tags(tags) }
            guard bytes[position] == UInt8(ascii: ",") else { return nil }
            position += 1
        }
    }

    private static func tag(_ bytes: [UInt8], at start: Int) -> (EntityTag, end: Int)? {
        let isWeak = bytes[start...].starts(with: "W/".utf8)
        let quote = UInt8(ascii: "\"")
        let open = isWeak ? start + 2 : start
        guard open < bytes.count, bytes[open] == quote else { return nil }
        var end = open + 1
        while end < bytes.count, bytes[end] != quote {
            guard bytes[end] > 0x20, bytes[end] != 0x7F else { return nil }
            end += 1
        }
        guard end < bytes.count else { return nil }
        return (EntityTag(isWeak: isWeak, opaque: String(decoding: bytes[open + 1..<end], as: UTF8.self)), end + 1)
    }
}
