import Access
import StrictJSON

/// `GET /.well-known/jwks.json`: the public keys that verify what upstreams are told. The answer is `Snapshot.publicKeySet`.
enum KeySetEndpoint {
    static let operation = OpenAPIOperation(
        "keys.read", .get, Endpoint.keySet.rawValue, tag: "access", summary: "The public keys of assertions",
        description: "RFC 7517. The keys that sign access tokens are secret and never here.", security: .everyone,
        answers: [.init(200, "The keys", schema: ["$ref": "#/components/schemas/KeySet"])])

    static let schema: JSONValue = [
        "type": "object", "required": ["keys"],
        "properties": [
            "keys": [
                "type": "array",
                "items": [
                    "type": "object", "required": ["kty", "crv", "x", "kid"],
                    "properties": [
                        "kty": ["const": "OKP"], "crv": ["const": "Ed25519"], "x": ["type": "string"], "kid": ["type": "string"],
                    ],
                ],
            ]
        ],
    ]
}
