import Access
import StrictJSON

/// `GET /.well-known/oauth-authorization-server` (RFC 8414): what OAuth clients need to find their way.
package enum MetadataEndpoint {
    package static func answer(in snapshot: Snapshot) -> Answer {
        let issuer = snapshot.settings.issuer
        return Answer(
            json: JSONValue.object([
                ("issuer", .string(issuer)), ("token_endpoint", .string(issuer + Endpoint.token.rawValue)),
                ("jwks_uri", .string(issuer + Endpoint.keySet.rawValue)),
                ("token_endpoint_auth_methods_supported", ["client_secret_basic"]),
                ("grant_types_supported", ["client_credentials"]), ("response_types_supported", []),
                ("scopes_supported", .array(snapshot.policy.scopes.map { .string($0.name) })),
            ]).utf8(),
            headers: [("cache-control", "max-age=300")]
        )
    }
}
