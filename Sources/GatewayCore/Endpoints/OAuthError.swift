import Access
import StrictJSON

/// An error answer of the endpoints that clients authenticate at (RFC 6749 section 5.2).
struct OAuthError: Error {
    enum Code: String, CaseIterable {
        case invalidRequest = "invalid_request"
        case invalidClient = "invalid_client"
        case unsupportedGrantType = "unsupported_grant_type"
        case invalidScope = "invalid_scope"
        case unauthorizedClient = "unauthorized_client"
        case throttled = "slow_down"
    }

    let code: Code
    let description: String
    let reason: Reason
    let clientID: String?
    private var retryAfter: Int64?

    /// - Parameter description: printable ASCII without `"` and `\`, as the RFC wants it.
    init(_ code: Code, _ description: String, _ reason: Reason = .malformedRequest, clientID: String? = nil) {
        self.code = code
        self.description = description
        self.reason = reason
        self.clientID = clientID
    }

    static func throttled(_ seconds: Int64, clientID: String? = nil) -> OAuthError {
        var error = OAuthError(.throttled, "too many failed attempts; try again in \(seconds) s", .throttled, clientID: clientID)
        error.retryAfter = seconds
        return error
    }

    var answer: Answer {
        let status =
            switch code {
            case .invalidClient: 401
            case .throttled: 429
            case .invalidRequest, .unsupportedGrantType, .invalidScope, .unauthorizedClient: 400
            }
        var headers = [("cache-control", "no-store")]
        if code == .invalidClient { headers.append(("www-authenticate", #"Basic realm="gatehouse""#)) }
        if let retryAfter { headers.append(("retry-after", "\(retryAfter)")) }
        return Answer(
            json: JSONValue.object([("error", .string(code.rawValue)), ("error_description", .string(description))]).utf8(),
            status: status, headers: headers
        )
    }
}
