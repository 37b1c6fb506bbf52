import Access

/// The rate that holds for one request: the route's own, or the one that all routes without share.
struct Rate {
    let limit: RateLimit
    /// Of the bucket.
    let key: UInt64
    /// As the headers name it.
    private let name: String

    /// Nil when none holds.
    /// - Parameters:
    ///   - principal: nil on a public route: then the address that asks has the rate.
    ///   - route: nil: an endpoint of the gateway.
    ///   - common: what holds for principals where a route says nothing.
    init?(of principal: Principal?, on route: Route?, from peer: Gatekeeper.Peer, otherwise common: RateLimit?) {
        if let route, let own = route.rate {
            limit = own
            key = principal.map { RateLimiter.key($0, route: route) } ?? RateLimiter.key(peer.address, route: route)
            name = route.id
        } else if let common, let principal {
            limit = common
            key = RateLimiter.key(principal, route: nil)
            name = "default"
        } else {
            return nil
        }
    }

    /// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10): quota and window, remaining requests and seconds.
    func headers(_ verdict: RateLimiter.Verdict) -> [(String, String)] {
        [
            ("ratelimit-policy", "\"\(name)\";q=\(limit.requests);w=\(seconds)"),
            ("ratelimit", "\"\(name)\";r=\(verdict.remaining);t=\(verdict.seconds)"),
        ]
    }

    /// Of the window.
    var seconds: Int { limit.windowMilliseconds / 1000 }
}

extension Refusal {
    static func rateLimited(_ verdict: RateLimiter.Verdict, _ rate: Rate) -> Refusal {
        let window =
            rate.seconds == 1 ? "a second" : rate.seconds == 60 ? "a minute" : rate.seconds == 3600 ? "an hour" : "\(rate.seconds) s"
        return Refusal(
            .rateLimited,
            Problem(
                .rateLimited, "This accepts \(rate.limit.requests) requests \(window) from one caller. Wait \(verdict.seconds) s.",
                headers: [("retry-after", "\(verdict.seconds)")]
            )
        )
    }
}
