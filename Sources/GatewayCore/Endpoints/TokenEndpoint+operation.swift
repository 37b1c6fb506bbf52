import Access
import StrictJSON

extension TokenEndpoint {
    static let operation = OpenAPIOperation(
        "token.issue", .post, Endpoint.token.rawValue, tag: "access", summary: "Obtain an access token",
        description: """
            The client credentials grant (RFC 6749 section 4.4). `scope` may narrow what the client may do, never widen it. \
            An unknown client and a wrong secret are answered alike.
            """, security: .client,
        body: form(
            required: "grant_type",
            [
                ("grant_type", ["type": "string", "enum": ["client_credentials"]]),
                ("scope", ["type": "string", "description": "Names divided by single spaces; all that the client may have when absent."]),
                ("client_id", ["type": "string", "description": "If given, the one of the Authorization header."]),
            ]
        ),
        answers: [
            .init(200, "The token", headers: [noStore], schema: ["$ref": "#/components/schemas/Token"])
        ] + refusals("invalid_request, unsupported_grant_type or invalid_scope")
    )

    static let schema: JSONValue = [
        "type": "object", "required": ["access_token", "token_type", "expires_in", "scope"],
        "properties": [
            "access_token": ["type": "string"], "token_type": ["const": "Bearer"],
            "expires_in": ["type": "integer", "minimum": 1, "description": "Seconds."],
            "scope": ["type": "string", "description": "What the token allows, divided by spaces."],
        ],
    ]
}

extension OAuthError {
    static let schema: JSONValue = [
        "type": "object", "description": "RFC 6749 section 5.2.", "required": ["error", "error_description"],
        "properties": [
            "error": ["type": "string", "enum": .array(Code.allCases.map { .string($0.rawValue) })],
            "error_description": ["type": "string"],
        ],
    ]
}
