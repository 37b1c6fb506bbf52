package import Access
package import StrictJSON

/// `/openapi.json`: operations and what they refer to as one OpenAPI 3.1 document, true for one policy.
///
/// An operation that the policy has no route for cannot be reached, so it is left out; what a route asks for is said where it asks.
package struct OpenAPIDocument {
    private let operations: [OpenAPIOperation]
    private let schemas: [(name: String, schema: JSONValue)]

    /// - Parameters:
    ///   - operations: of the modules behind the gateway; the gateway's own are there anyway.
    ///   - schemas: what these refer to as `#/components/schemas/…`.
    package init(_ operations: [OpenAPIOperation], schemas: [(name: String, schema: JSONValue)]) {
        self.operations = operations + Endpoint.allCases.flatMap(\.operations)
        self.schemas = schemas + Endpoint.schemas
    }

    package func json(for policy: Policy) -> JSONValue {
        var paths: [(String, [(String, JSONValue)])] = []
        for operation in operations {
            guard let (operation, security) = Self.secure(operation, by: policy) else { continue }
            let entry = (operation.method.name.lowercased(), operation.json(security: security))
            if let index = paths.firstIndex(where: { $0.0 == operation.path }) {
                paths[index].1.append(entry)
            } else {
                paths.append((operation.path, [entry]))
            }
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Gatehouse", "version": "1",
                "description": """
                Customers of partners, behind a gateway that decides who may do what. Every refusal is a problem document (RFC 9457) \
                whose `code` is one of a closed list; the tables of this document name those that each operation can answer.
                """,
            ],
            "servers": [["url": "/", "description": "The gateway that this document came from"]],
            "tags": [
                ["name": "customers", "description": "Provisioning of customers"],
                ["name": "access", "description": "Tokens, and who one is"],
                ["name": "description", "description": "What there is"],
            ],
            "paths": .object(paths.map { ($0.0, .object($0.1)) }),
            "components": [
                "schemas": .object(schemas.map { ($0.name, $0.schema) }), "securitySchemes": Self.securitySchemes(policy),
            ],
        ]
    }

    /// The operation as the policy makes it, with its Security Requirements; nil when nobody can reach it.
    private static func secure(_ operation: OpenAPIOperation, by policy: Policy) -> (OpenAPIOperation, JSONValue)? {
        switch operation.security {
        case .everyone: return (operation, [])
        case .client: return (operation, [["client": []]])
        case .credential: return (operation, .array(policy.callers.map { requirement($0.via, []) }))
        case .policy:
            guard let route = policy.route(of: operation) else { return nil }
            var operation = operation
            operation.require("Idempotency-Key", if: route.idempotencyRequired)
            operation.require("If-Match", if: route.preconditionRequired)
            if route.isPublic { return (operation, []) }
            let callers = policy.callers.filter { route.callers.contains($0) }
            return (operation, .array(callers.map { requirement($0.via, policy.names(of: route.needs)) }))
        }
    }

    private static func requirement(_ via: Via, _ scopes: [String]) -> JSONValue {
        switch via {
        case .partnerToken: ["accessToken": .array(scopes.map { .string($0) })]
        case .session: ["session": []]
        }
    }

    private static func securitySchemes(_ policy: Policy) -> JSONValue {
        [
            "accessToken": [
                "type": "oauth2", "description": "For partners: an access token (RFC 9068), sent as `Authorization: Bearer`.",
                "flows": [
                    "clientCredentials": [
                        "tokenUrl": .string(Endpoint.token.rawValue),
                        "scopes": .object(policy.scopes.map { ($0.name, .string($0.summary)) }),
                    ]
                ],
            ],
            "session": [
                "type": "http", "scheme": "bearer",
                "description": "For people: the session token of the web application, in its cookie or as `Authorization: Bearer`.",
            ],
            "client": ["type": "http", "scheme": "basic", "description": "A partner's id and secret (RFC 6749 section 2.3.1)."],
        ]
    }
}

extension Policy {
    /// The route to the provisioning module that leads to this operation, unless it is closed.
    package func route(of operation: OpenAPIOperation) -> Route? {
        guard case .found(let route) = lookup(operation.method, path: operation.samplePath.utf8.span),
            route.destination == .provisioning, !route.isClosed
        else { return nil }
        return route
    }
}

extension OpenAPIOperation {
    fileprivate mutating func require(_ header: String, if isRequired: Bool) {
        for index in parameters.indices where parameters[index].name == header { parameters[index].isRequired = isRequired }
    }

    fileprivate func json(security: JSONValue) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("operationId", .string(id)), ("tags", [.string(tag)]), ("summary", .string(summary)),
        ]
        if !description.isEmpty { members.append(("description", .string(description))) }
        members.append(("security", security))
        if !parameters.isEmpty { members.append(("parameters", .array(parameters.map(\.json)))) }
        if let body { members.append(("requestBody", body.json)) }
        members.append(("responses", responses))
        return .object(members)
    }

    /// By status: what succeeds, and the problems that share a status.
    private var responses: JSONValue {
        var codes: [Int: [ProblemCode]] = [:]
        for code in allProblems { codes[code.status, default: []].append(code) }
        let statuses = Set(codes.keys).union(answers.map(\.status)).sorted()
        return .object(
            statuses.map { status in
                ("\(status)", response(answers.first { $0.status == status }, codes[status] ?? []))
            })
    }

    private func response(_ answer: Answer?, _ codes: [ProblemCode]) -> JSONValue {
        let titles = codes.map { "\($0.rawValue): \($0.title)" }
        var members: [(String, JSONValue)] = [
            ("description", .string(((answer.map { [$0.description] } ?? []) + titles).joined(separator: "; ")))
        ]
        var headers: [(String, JSONValue)] = answer?.headers.map { ($0.name, $0.header) } ?? []
        for (name, header) in codes.compactMap(\.header) where !headers.contains(where: { $0.0 == name }) { headers.append((name, header)) }
        if !headers.isEmpty { members.append(("headers", .object(headers))) }
        var content: [(String, JSONValue)] = []
        if let schema = answer?.schema { content.append(("application/json", ["schema": schema])) }
        if !codes.isEmpty { content.append((Problem.contentType, ["schema": problemSchema(codes)])) }
        if !content.isEmpty { members.append(("content", .object(content))) }
        if let links = answer?.links, !links.isEmpty { members.append(("links", .object(links.map { ($0.name, $0.link) }))) }
        return .object(members)
    }

    private func problemSchema(_ codes: [ProblemCode]) -> JSONValue {
        let members = problemMembers.filter { codes.contains($0.code) }.map { ($0.name, $0.schema) }
        let names = JSONValue.array(codes.map { .string($0.rawValue) })
        return [
            "allOf": [
                ["$ref": "#/components/schemas/Problem"], ["type": "object", "properties": .object([("code", ["enum": names])] + members)],
            ]
        ]
    }
}

extension ProblemCode {
    /// The header field that belongs to a problem.
    fileprivate var header: (String, JSONValue)? {
        switch self {
        case .unauthenticated, .invalidToken, .invalidSession, .insufficientScope:
            ("WWW-Authenticate", ["description": "How to authenticate (RFC 6750 section 3).", "schema": ["type": "string"]])
        case .rateLimited, .throttled, .storeUnavailable, .overloaded, .idempotencyInProgress:
            ("Retry-After", ["description": "Seconds to wait.", "schema": ["type": "integer", "minimum": 0]])
        default: nil
        }
    }
}

extension OpenAPIOperation.Parameter {
    fileprivate var json: JSONValue {
        [
            "name": .string(name), "in": .string(place.rawValue), "required": .bool(isRequired), "description": .string(description),
            "schema": schema,
        ]
    }
}

extension OpenAPIOperation.Body {
    fileprivate var json: JSONValue {
        ["required": true, "content": .object(types.map { ($0, ["schema": schema]) })]
    }
}
