import Access
import StrictJSON

extension TokenEndpoint {
    static let errorReference: JSONValue = ["$ref": "#/components/schemas/OAuthError"]
    static let noStore: (name: String, header: JSONValue) = (
        "Cache-Control", ["description": "Never to be kept.", "schema": ["type": "string", "const": "no-store"]]
    )

    /// How every endpoint that clients authenticate at says no to them.
    static func refusals(_ invalid: String) -> [OpenAPIOperation.Answer] {
        let challenge: JSONValue = ["description": "Basic.", "required": true, "schema": ["type": "string"]]
        let wait: JSONValue = ["description": "Seconds to wait.", "schema": ["type": "integer", "minimum": 0]]
        return [
            .init(400, invalid, headers: [noStore], schema: errorReference),
            .init(401, "invalid_client", headers: [noStore, ("WWW-Authenticate", challenge)], schema: errorReference),
            .init(429, "slow_down: too many failed attempts", headers: [noStore, ("Retry-After", wait)], schema: errorReference),
        ]
    }

    /// The body of every endpoint that clients authenticate at: what it does not know, it ignores (RFC 6749 section 3.2), but nothing twice.
    static func form(required: String, _ properties: [(String, JSONValue)]) -> OpenAPIOperation.Body {
        let text: JSONValue = ["type": "string", "pattern": "^[^\\u0000-\\u001f\\u007f]*$"]
        return OpenAPIOperation.Body(
            ["application/x-www-form-urlencoded"],
            schema: [
                "type": "object", "required": [.string(required)], "properties": .object(properties),
                "propertyNames": ["pattern": "^[^\\u0000-\\u001f\\u007f]+$"],
                "additionalProperties": text,
            ]
        )
    }

    /// The body of introspection and revocation.
    static let tokenForm = form(
        required: "token",
        [
            (
                "token",
                [
                    "type": "string", "minLength": 1, "pattern": "^[^\\u0000-\\u001f\\u007f]*$",
                    "description": "An access token of the client's own.",
                ]
            ),
            (
                "token_type_hint",
                [
                    "type": "string", "pattern": "^[^\\u0000-\\u001f\\u007f]*$",
                    "description": "Not needed; every token here is an access token.",
                ]
            ),
        ]
    )
}

extension IntrospectionEndpoint {
    static let operation = OpenAPIOperation(
        "token.introspect", .post, Endpoint.introspect.rawValue, tag: "access", summary: "Ask whether a token of one's own counts",
        description: "RFC 7662. Whatever does not count, and what is another client's, is `active: false`.", security: .client,
        body: TokenEndpoint.tokenForm,
        answers: [
            .init(
                200, "What the token is good for now", headers: [TokenEndpoint.noStore],
                schema: ["type": "object", "required": ["active"], "properties": ["active": ["type": "boolean"]]]
            )
        ] + TokenEndpoint.refusals("invalid_request"),
        problems: [.storeUnavailable]
    )
}

extension RevocationEndpoint {
    static let operation = OpenAPIOperation(
        "token.revoke", .post, Endpoint.revoke.rawValue, tag: "access", summary: "End a token of one's own before its time",
        description: "RFC 7009. A token that does not count any more is answered like one that was revoked now.", security: .client,
        body: TokenEndpoint.tokenForm,
        answers: [.init(200, "Revoked", headers: [TokenEndpoint.noStore])]
            + TokenEndpoint.refusals("invalid_request or unauthorized_client"),
        problems: [.storeUnavailable]
    )
}

/// `POST /oauth2/signature-check`, as it is described; the answer is `SignatureReport`'s.
enum SignatureCheckEndpoint {
    static let operation = OpenAPIOperation(
        "signature.check", .post, Endpoint.signatureCheck.rawValue, tag: "access", summary: "See how the gateway reads one's signature",
        description: "Answers the signature base (RFC 9421) as the gateway saw it and what is wrong with it. Nothing is done.",
        security: .credential, answers: [.init(200, "The report", schema: ["type": "object"])]
    )
}
