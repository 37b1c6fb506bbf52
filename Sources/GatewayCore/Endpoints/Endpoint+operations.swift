import StrictJSON

extension Endpoint {
    /// Every endpoint is described: a new one does not compile before it is.
    package var operations: [OpenAPIOperation] {
        switch self {
        case .token: [TokenEndpoint.operation]
        case .metadata: [MetadataEndpoint.operation]
        case .session: [SessionEndpoint.operation]
        case .keySet: [KeySetEndpoint.operation]
        case .introspect: [IntrospectionEndpoint.operation]
        case .revoke: [RevocationEndpoint.operation]
        case .signatureCheck: [SignatureCheckEndpoint.operation]
        }
    }

    /// What the operations refer to.
    static let schemas: [(name: String, schema: JSONValue)] = [
        ("Problem", Problem.schema), ("Token", TokenEndpoint.schema), ("OAuthError", OAuthError.schema),
        ("Metadata", MetadataEndpoint.schema), ("Session", SessionEndpoint.schema), ("KeySet", KeySetEndpoint.schema),
    ]
}

extension Problem {
    /// Further members belong to some codes.
    static let schema: JSONValue = [
        "type": "object", "description": "Why not (RFC 9457).",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": [
            "type": ["type": "string", "format": "uri"], "title": ["type": "string"],
            "status": ["type": "integer", "minimum": 400, "maximum": 599],
            "detail": ["type": "string", "description": "What was wrong with this request and what to change."],
            "code": ["type": "string", "enum": .array(ProblemCode.allCases.map { .string($0.rawValue) })],
            "request_id": ["type": "string", "description": "Under which the gateway's decision log has the exact reason."],
        ],
    ]
}
