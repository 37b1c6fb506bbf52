import Access
import StrictJSON

/// `GET /session`: the principal of a credential as the gateway sees it. The answer is `AuthenticatedCaller.sessionBody`.
enum SessionEndpoint {
    static let operation = OpenAPIOperation(
        "session.read", .get, Endpoint.session.rawValue, tag: "access", summary: "Who one is, as the gateway sees it",
        security: .credential, answers: [.init(200, "The principal", schema: ["$ref": "#/components/schemas/Session"])])

    static let schema: JSONValue = [
        "type": "object", "required": ["subject", "caller", "tenant", "roles", "scopes", "expires", "profile"],
        "properties": [
            "subject": ["type": "string"], "caller": ["type": "string"], "tenant": ["type": ["string", "null"]],
            "roles": ["type": "array", "items": ["type": "string"]], "scopes": ["type": "array", "items": ["type": "string"]],
            "expires": ["type": "integer", "description": "Unix seconds."], "profile": ["type": "string"],
        ],
    ]
}
