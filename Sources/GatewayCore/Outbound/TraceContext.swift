import HTTPWire

/// W3C Trace Context: a trace is continued when the client's header is valid, else started. Every hop has an id of its own.
enum TraceContext {
    /// `00-` 32 hexadecimal digits `-` 16 digits `-` 2 digits; lower case; neither id all zero. A later version, but for `ff`, begins likewise and
    /// may go on behind another `-`; it is continued in this one (section 4.3).
    static func isValid(_ value: Span<UInt8>) -> Bool {
        guard value.count >= 55, !(value[0] == UInt8(ascii: "f") && value[1] == UInt8(ascii: "f")) else { return false }
        if value.count > 55 {
            let isFirstVersion = value[0] == UInt8(ascii: "0") && value[1] == UInt8(ascii: "0")
            guard !isFirstVersion, value[55] == UInt8(ascii: "-") else { return false }
        }
        var trace = false
        var parent = false
        for index in 0..<55 {
            switch index {
            case 2, 35, 52: if value[index] != UInt8(ascii: "-") { return false }
            default:
                let byte = value[index]
                guard byte &- UInt8(ascii: "0") < 10 || byte &- UInt8(ascii: "a") < 6 else { return false }
                if 3..<35 ~= index, byte != UInt8(ascii: "0") { trace = true }
                if 36..<52 ~= index, byte != UInt8(ascii: "0") { parent = true }
            }
        }
        return trace && parent
    }

    /// The only flag that there is; the other bits are not passed on (section 3.2.2.5).
    private static func isSampled(_ digit: UInt8) -> Bool { (digit & 1 == 1) != (digit >= UInt8(ascii: "a")) }

    /// What vendors add to a trace. It belongs to the trace that `traceparent` names and goes when another one is started (section 3.3).
    static func isState(_ field: HeadField, _ bytes: Span<UInt8>) -> Bool {
        field.known == .other && bytes.isEqualFolded(field.name, "tracestate")
    }

    /// Appends the value to send on. `ids` are random: two words for a new trace, one for this hop.
    static func append(continuing value: Span<UInt8>?, ids: (UInt64, UInt64, UInt64), to output: inout [UInt8]) {
        if let value {
            output.append(text: "00")
            output.append(value, 2..<36)
            output.append(hexadecimal: ids.2 | 1)
            output.append(text: isSampled(value[54]) ? "-01" : "-00")
        } else {
            output.append(text: "00-")
            output.append(hexadecimal: ids.0)
            output.append(hexadecimal: ids.1 | 1)
            output.append(UInt8(ascii: "-"))
            output.append(hexadecimal: ids.2 | 1)
            output.append(text: "-00")
        }
    }
}
