/// A media type as `Content-Type` carries one (RFC 9110 section 8.3.1), lower case.
struct MediaType: Equatable {
    let type: String
    let subtype: String
    /// Names lower case; values without quotes, as they stand.
    let parameters: [(name: String, value: String)]

    static func == (left: MediaType, right: MediaType) -> Bool {
        left.type == right.type && left.subtype == right.subtype
            && left.parameters.elementsEqual(right.parameters) { $0 == $1 }
    }

    var essence: String { "\(type)/\(subtype)" }

    /// Nil for a text that is not exactly one media type with its parameters.
    init?(_ field: String) {
        var reader = FieldTokenizer(field)
        guard let type = MediaType(reading: &reader), reader.isAtEnd else { return nil }
        self = type
    }

    /// Reads `type "/" subtype *( OWS ";" OWS [ token "=" ( token / quoted-string ) ] )`, and stops before what follows.
    init?(reading reader: inout FieldTokenizer) {
        reader.skipSpace()
        guard let type = reader.token(), reader.skip(UInt8(ascii: "/")), let subtype = reader.token() else { return nil }
        var parameters: [(name: String, value: String)] = []
        reader.skipSpace()
        while reader.skip(UInt8(ascii: ";")) {
            reader.skipSpace()
            guard let name = reader.token() else { continue }
            guard reader.skip(UInt8(ascii: "=")), let value = reader.token() ?? reader.quoted() else { return nil }
            parameters.append((name.lowercased(), value))
            reader.skipSpace()
        }
        self.type = type.lowercased()
        self.subtype = subtype.lowercased()
        self.parameters = parameters
    }

    /// Whether a body of this type is JSON text in the one encoding JSON has (RFC 8259 section 8.1).
    func isJSON(as essences: [String]) -> Bool {
        essences.contains(essence)
            && parameters.allSatisfy { $0.name != "charset" || $0.value.lowercased() == "utf-8" }
    }
}

/// `Accept` (RFC 9110 section 12.5.1).
enum Accept {
    /// Whether an answer in JSON is welcome. A field that cannot be read asks for nothing.
    static func allowsJSON(_ field: String) -> Bool {
        var reader = FieldTokenizer(field)
        // The most specific range decides; of equally specific ones the kindest.
        var (precedence, isWelcome) = (-1, false)
        var hasRange = false
        repeat {
            reader.skipSpace()
            if reader.isAtEnd { break }
            if reader.isAt(UInt8(ascii: ",")) { continue }
            guard let range = MediaType(reading: &reader) else { return true }
            hasRange = true
            let own: Int
            switch (range.type, range.subtype) {
            case ("application", "json"): own = 2
            case ("application", "*"): own = 1
            case ("*", "*"): own = 0
            default: continue
            }
            let weight = range.parameters.first { $0.name == "q" }?.value ?? "1"
            let isWanted = weight.utf8.contains { $0 >= UInt8(ascii: "1") && $0 <= UInt8(ascii: "9") }
            if own > precedence { (precedence, isWelcome) = (own, isWanted) } else if own == precedence, isWanted { isWelcome = true }
        } while reader.skip(UInt8(ascii: ","))
        return !hasRange || !reader.isAtEnd || isWelcome
    }
}
