import Access
import StrictJSON

/// `GET /.well-known/oauth-authorization-server` (RFC 8414): what OAuth clients need to find their way.
package enum MetadataEndpoint {
    package static func answer(in snapshot: Snapshot) -> Answer {
        let issuer = snapshot.settings.issuer
        func url(_ endpoint: Endpoint) -> JSONValue { .string(issuer + endpoint.rawValue) }
        var members: [(String, JSONValue)] = [
            ("issuer", .string(issuer)), ("token_endpoint", url(.token)), ("introspection_endpoint", url(.introspect)),
            ("revocation_endpoint", url(.revoke)), ("jwks_uri", url(.keySet)), ("grant_types_supported", ["client_credentials"]),
            ("response_types_supported", []), ("scopes_supported", .array(snapshot.policy.scopes.map { .string($0.name) })),
        ]
        for endpoint in ["token", "introspection", "revocation"] {
            members.append(("\(endpoint)_endpoint_auth_methods_supported", ["client_secret_basic", "client_secret_jwt"]))
            members.append(("\(endpoint)_endpoint_auth_signing_alg_values_supported", ["HS256"]))
        }
        return Answer(json: JSONValue.object(members).utf8(), headers: [("cache-control", "max-age=300")])
    }
}
