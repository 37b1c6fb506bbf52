import HTTPWire
import OpenSSLCrypto

/// Verified tokens of one event loop and one snapshot, so that a token presented again costs a hash and a comparison.
///
/// Bounded: a fixed number of places, four for each hash. Only verified tokens come in, so a flood of random ones displaces nothing.
/// What can change is judged on every request: expiry and clock here, revocation and network by the gatekeeper; partner and policy
/// cannot change within a snapshot.
struct TokenMemory {
    private final class Place {
        let hash: Int
        let token: [UInt8]
        let caller: AuthenticatedCaller

        init(hash: Int, token: [UInt8], caller: AuthenticatedCaller) {
            self.hash = hash
            self.token = token
            self.caller = caller
        }
    }

    /// Places a hash may lie in.
    private static let ways = 4
    private var places: [Place?]
    private var nextVictim = 0

    /// - Parameter capacity: tokens held at most, a power of two, at least 4.
    init(capacity: Int = 16_384) {
        places = Array(repeating: nil, count: capacity)
    }

    /// `Hasher` is seeded at random for each process, so nobody can choose tokens that collide.
    static func hash(_ token: Span<UInt8>) -> Int {
        var hasher = Hasher()
        // The buffer lives for the call.
        unsafe token.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return hasher.finalize()
    }

    func find(_ token: Span<UInt8>, hash: Int) -> AuthenticatedCaller? {
        let first = hash & (places.count - Self.ways)
        for index in first..<first + Self.ways {
            guard let place = places[index], place.hash == hash else { continue }
            // The whole token, so that no two can be taken for one another; constant time, since it ends in a MAC.
            let known = place.token
            if ConstantTime.equal(known.span, token) { return place.caller }
        }
        return nil
    }

    mutating func remember(_ token: Span<UInt8>, hash: Int, as caller: AuthenticatedCaller) {
        let first = hash & (places.count - Self.ways)
        let place = Place(hash: hash, token: token.array(0..<token.count), caller: caller)
        for index in first..<first + Self.ways where places[index] == nil {
            places[index] = place
            return
        }
        nextVictim = (nextVictim + 1) % Self.ways
        places[first + nextVictim] = place
    }
}
