import Access
import StrictJSON

extension MetadataEndpoint {
    static let operation = OpenAPIOperation(
        "metadata.read", .get, Endpoint.metadata.rawValue, tag: "access", summary: "What OAuth clients need to find their way",
        description: "RFC 8414.", security: .everyone,
        answers: [.init(200, "The metadata", schema: ["$ref": "#/components/schemas/Metadata"])])

    static let schema: JSONValue = [
        "type": "object",
        "required": [
            "issuer", "token_endpoint", "jwks_uri", "token_endpoint_auth_methods_supported", "grant_types_supported",
            "response_types_supported",
            "scopes_supported",
        ],
        "properties": [
            "issuer": ["type": "string", "format": "uri"], "token_endpoint": ["type": "string", "format": "uri"],
            "jwks_uri": ["type": "string", "format": "uri"],
            "token_endpoint_auth_methods_supported": texts, "grant_types_supported": texts, "response_types_supported": texts,
            "scopes_supported": texts,
        ],
    ]

    private static let texts: JSONValue = ["type": "array", "items": ["type": "string"]]
}
