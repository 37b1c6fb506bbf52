import HTTPWire
import OpenSSLCrypto

/// How a token came, as far as that decides which keys judge it: by what header or cookie, on what kind of connection.
struct TokenArrival: Hashable {
    private let code: Int32

    static func bearer(isSecure: Bool) -> TokenArrival { TokenArrival(code: isSecure ? 1 : 0) }

    /// - Parameter index: of the cookie's name among those that count on this kind of connection.
    static func cookie(_ index: Int, isSecure: Bool) -> TokenArrival { TokenArrival(code: Int32(index + 1) * 2 + (isSecure ? 1 : 0)) }
}

/// Verified tokens of one event loop and one snapshot, so that a token presented again costs a hash and a comparison.
///
/// Bounded: a fixed number of places, four for each hash. Only verified tokens come in, so a flood of random ones displaces nothing.
/// A token is found only where it came the way it came before (attacks row D-01): under another cookie's name, or as a bearer token
/// instead, other keys judge it. What can change is judged on every request: time, revocation and network; partner and policy cannot
/// change within a snapshot.
struct TokenMemory {
    private final class Place {
        let hash: Int
        let arrival: TokenArrival
        let token: [UInt8]
        let caller: AuthenticatedCaller

        init(hash: Int, arrival: TokenArrival, token: [UInt8], caller: AuthenticatedCaller) {
            self.hash = hash
            self.arrival = arrival
            self.token = token
            self.caller = caller
        }
    }

    /// Places a hash may lie in.
    private static let ways = 4
    private var places: [Place?]
    private var nextVictim = 0
    private(set) var counts = TokenMemoryCounts()

    /// - Parameter capacity: tokens held at most, a power of two, at least 4.
    init(capacity: Int = 16_384) {
        places = Array(repeating: nil, count: capacity)
    }

    /// `Hasher` is seeded at random for each process, so nobody can choose tokens that collide.
    static func hash(_ token: Span<UInt8>, _ arrival: TokenArrival) -> Int {
        var hasher = Hasher()
        hasher.combine(arrival)
        // The buffer lives for the call.
        unsafe token.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return hasher.finalize()
    }

    mutating func find(_ token: Span<UInt8>, _ arrival: TokenArrival, hash: Int) -> AuthenticatedCaller? {
        let first = hash & (places.count - Self.ways)
        for index in first..<first + Self.ways {
            guard let place = places[index], place.hash == hash, place.arrival == arrival else { continue }
            // The whole token, so that no two can be taken for one another; constant time, since it ends in a MAC.
            let known = place.token
            if ConstantTime.equal(known.span, token) {
                counts.hits &+= 1
                return place.caller
            }
        }
        counts.misses &+= 1
        return nil
    }

    mutating func remember(_ token: Span<UInt8>, _ arrival: TokenArrival, hash: Int, as caller: AuthenticatedCaller) {
        let first = hash & (places.count - Self.ways)
        let place = Place(hash: hash, arrival: arrival, token: token.array(0..<token.count), caller: caller)
        for index in first..<first + Self.ways where places[index] == nil {
            places[index] = place
            counts.entries += 1
            return
        }
        counts.evictions &+= 1
        nextVictim = (nextVictim + 1) % Self.ways
        places[first + nextVictim] = place
    }
}

/// What a memory of tokens was good for.
package struct TokenMemoryCounts: Sendable, Equatable {
    /// Presented tokens that were known.
    package var hits: UInt64 = 0
    /// Presented tokens that had to be verified, good ones and bad ones.
    package var misses: UInt64 = 0
    /// Known tokens that others took the place of.
    package var evictions: UInt64 = 0
    /// Tokens held now.
    package var entries = 0

    package init() {}

    /// Adds what only ever goes up; `entries` stays.
    package mutating func addTotals(of other: TokenMemoryCounts) {
        hits &+= other.hits
        misses &+= other.misses
        evictions &+= other.evictions
    }
}
