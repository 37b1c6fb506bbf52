import HTTPWire

/// Names requests: the client's `X-Request-Id` when it is harmless, else a new one.
struct RequestIDGenerator {
    private var state: (UInt64, UInt64)

    init() {
        var system = SystemRandomNumberGenerator()
        state = (system.next(), system.next() | 1)
    }

    /// 8 to 128 characters of `[A-Za-z0-9._-]` (contract section 7).
    static func isAcceptable(_ bytes: Span<UInt8>) -> Bool {
        guard 8...128 ~= bytes.count else { return false }
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                continue
            default: return false
            }
        }
        return true
    }

    /// Writes a new id of 24 hexadecimal digits over `id`. Unique, not secret: xoroshiro128+ seeded by the system.
    mutating func generate(into id: inout [UInt8]) {
        id.removeAll(keepingCapacity: true)
        id.append(hexadecimal: next())
        id.append(hexadecimal: UInt32(truncatingIfNeeded: next() >> 32))
    }

    /// Random words for a trace that starts here.
    mutating func traceIDs() -> (UInt64, UInt64, UInt64) { (next(), next(), next()) }

    private mutating func next() -> UInt64 {
        let (a, b) = (state.0, state.1 ^ state.0)
        let result = state.0 &+ state.1
        state = ((a << 24 | a >> 40) ^ b ^ (b << 16), b << 37 | b >> 27)
        return result
    }
}
