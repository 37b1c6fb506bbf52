import Access
import GatewayCore
import StrictJSON

extension CustomerAPI {
    static let readDescription = Operation(
        OpenAPIOperation(
            "openapi.read", .get, "/openapi.json", tag: "description", summary: "This document",
            answers: [.init(200, "OpenAPI 3.1", schema: ["type": "object", "required": ["openapi", "info", "paths"]])],
            problems: [.invalidParameter, .notAcceptable])
    ) { _, _, call throws(Refusal) in try describe(call) }

    /// `GET /openapi.json` → 200: the public endpoints as the policy in force makes them.
    private static func describe(_ call: APICall) throws(Refusal) -> APIAnswer {
        _ = try QueryParameters(call.query, known: [])
        try call.checkAccept()
        let document = OpenAPIDocument(operations, schemas: schemas).json(for: call.policy)
        return APIAnswer(
            status: 200, headers: [("content-type", "application/json"), ("cache-control", "no-cache")], body: document.utf8())
    }
}
