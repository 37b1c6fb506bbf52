import Customers
import GatewayCore
import StrictJSON

/// What the descriptions of several operations have in common.
extension OpenAPIOperation.Parameter {
    static let customerID = Self(
        "id", in: .path, "The customer's identifier.", schema: ["$ref": "#/components/schemas/CustomerID"])

    static let idempotencyKey = Self(
        "Idempotency-Key", in: .header,
        "Makes the request safe to send again for 24 hours: the same body gets the same answer, and nothing is done twice.",
        schema: ["type": "string", "pattern": "^[!-~]([ -~]{0,253}[!-~])?$"])

    static let ifMatch = Self(
        "If-Match", in: .header, "The `ETag` of the customer as the caller knows it, several of them, or `*`.",
        schema: entityTags)

    static let ifNoneMatch = Self(
        "If-None-Match", in: .header, "What the caller has already; 304 when it is that.",
        schema: entityTags)

    private static let entityTags: JSONValue = [
        "anyOf": [["const": "*"], ["type": "string", "pattern": #"^(W/)?"[0-9]+"(, *(W/)?"[0-9]+")*$"#]]
    ]

    static let tenant = Self(
        "tenant", in: .query, "For principals that reach all tenants, and for them alone: whose customers are meant.",
        schema: ["type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[A-Za-z0-9][A-Za-z0-9._:@-]*$"])
}

extension OpenAPIOperation.Answer {
    static func customer(_ status: Int, _ description: String, _ more: [(name: String, header: JSONValue)] = []) -> Self {
        Self(status, description, headers: more + [etag], schema: ["$ref": "#/components/schemas/Customer"], links: links)
    }

    static let etag: (name: String, header: JSONValue) = (
        "ETag", ["description": "The customer's version.", "required": true, "schema": ["type": "string", "pattern": #"^"[0-9]+"$"#]]
    )
    static let location: (name: String, header: JSONValue) = (
        "Location", ["description": "The customer's path.", "required": true, "schema": ["type": "string", "format": "uri-reference"]]
    )
    static let replayed: (name: String, header: JSONValue) = (
        "Idempotent-Replayed",
        ["description": "`true`: the answer was given before, to the same request.", "schema": ["type": "string", "const": "true"]]
    )

    private static let links: [(name: String, link: JSONValue)] = ["read", "replace", "update", "delete"].map { name in
        (name, ["operationId": .string("customers.\(name)"), "parameters": ["id": "$response.body#/id"]])
    }
}

extension OpenAPIOperation.ProblemMember {
    static let validationErrors = Self(.validation, "errors", schema: ["$ref": "#/components/schemas/ValidationErrors"])
}

extension CustomerAPI {
    /// What the operations refer to. The rules are those of `CustomerDraft.parse`.
    static let schemas: [(name: String, schema: JSONValue)] = [
        ("CustomerID", ["type": "string", "pattern": "^cus_[0-7][0-9A-HJKMNP-TV-Z]{25}$"]),
        ("Customer", customerSchema), ("CustomerDraft", draftSchema(isPatch: false)), ("CustomerPatch", draftSchema(isPatch: true)),
        ("CustomerPage", pageSchema), ("ValidationErrors", validationSchema),
    ]

    private static let customerSchema: JSONValue = [
        "type": "object", "additionalProperties": false,
        "required": ["id", "tenant", "name", "contactEmail", "createdAt", "updatedAt", "version"],
        "properties": .object(
            [
                ("id", ["$ref": "#/components/schemas/CustomerID"]),
                ("tenant", ["type": "string", "minLength": 1, "description": "Whose customer it is; taken from the credential."]),
            ] + fields(isPatch: false) + [
                ("createdAt", time), ("updatedAt", time),
                ("version", ["type": "integer", "minimum": 1, "description": "One more with each change."]),
            ]),
    ]

    private static func draftSchema(isPatch: Bool) -> JSONValue {
        var members: [(String, JSONValue)] = [("type", "object"), ("additionalProperties", false)]
        if isPatch {
            members.append(
                ("description", "A merge patch (RFC 7396): what is named is changed, `null` removes a field that may be absent."))
        } else {
            members.append(("required", ["name", "contactEmail"]))
        }
        return .object(members + [("properties", .object(fields(isPatch: isPatch)))])
    }

    /// Lengths count UTF-16 code units, so a text with characters beyond U+FFFF may be too long although JSON Schema has it fit.
    private static func fields(isPatch: Bool) -> [(String, JSONValue)] {
        func optional(_ type: JSONValue, _ rules: [(String, JSONValue)]) -> JSONValue {
            .object([("type", isPatch ? [type, "null"] : type)] + rules)
        }
        return [
            ("name", ["type": "string", "minLength": 1, "maxLength": 200, "description": "Lengths count UTF-16 code units."]),
            ("contactEmail", ["type": "string", "pattern": emailPattern]),
            ("address", optional("string", [("maxLength", 500)])), ("phone", optional("string", [("maxLength", 50)])),
            ("externalId", optional("string", [("minLength", 1), ("maxLength", 100), ("description", "Unique in the tenant.")])),
            (
                "metadata",
                optional(
                    "object",
                    [
                        ("maxProperties", 50), ("propertyNames", ["maxLength": 40]),
                        ("additionalProperties", .object([("type", isPatch ? ["string", "null"] : "string"), ("maxLength", 500)])),
                    ])
            ),
        ]
    }

    /// Zod 3's rule without look-around.
    static let emailPattern: JSONValue =
        "^([A-Za-z0-9_'+-]+\\.)*[A-Za-z0-9_'+-]*[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9-]*\\.)+[A-Za-z]{2,}$"

    private static let time: JSONValue = ["type": "string", "format": "date-time"]

    private static let pageSchema: JSONValue = [
        "type": "object", "required": ["data", "next"], "additionalProperties": false,
        "properties": [
            "data": ["type": "array", "maxItems": 200, "items": ["$ref": "#/components/schemas/Customer"]],
            "next": ["type": ["string", "null"], "description": "The `cursor` of the next page; null when there is none."],
        ],
    ]

    private static let validationSchema: JSONValue = [
        "type": "array", "minItems": 1, "description": "`errors` of a `validation` problem: everything that is wrong, at once.",
        "items": [
            "type": "object", "required": ["pointer", "path", "code", "message"],
            "properties": [
                "pointer": ["type": "string", "description": "RFC 6901; empty for the whole body."],
                "path": ["type": "array", "items": ["type": "string"]],
                "code": ["type": "string", "enum": .array(ValidationIssue.Code.allCases.map { .string($0.rawValue) })],
                "message": ["type": "string"],
            ],
        ],
    ]
}
