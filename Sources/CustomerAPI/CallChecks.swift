import Access
import Customers
import GatewayCore
import StrictJSON

/// What operations ask of a call before they touch the store. Each check throws the answer to give.
extension APICall {
    /// Whose customers the grant reaches; nil when it reaches nobody's.
    var scope: TenantScope? {
        switch grant.objects {
        case .any: .any
        case .own(let tenant): .tenant(tenant)
        case .none: nil
        }
    }

    /// - Throws: 406.
    func checkAccept() throws(Refusal) {
        if let accept = headers.accept, !Accept.allowsJSON(accept) {
            throw Refusal(.notAcceptable, "Answers are application/json.")
        }
    }

    /// The body as JSON of one of these media types.
    /// - Throws: 415, then 400 `malformed_json` with the byte offset.
    func jsonBody(_ types: [String]) throws(Refusal) -> FieldValue {
        guard let contentType = headers.contentType.flatMap({ MediaType($0) }), contentType.isJSON(as: types) else {
            let list = types.joined(separator: ", ")
            throw Refusal(
                .unsupportedMediaType, "The body must be \(types.joined(separator: " or ")) in UTF-8.",
                headers: [(method == .patch ? "accept-patch" : "accept", list)])
        }
        do throws(JSONError) {
            return FieldValue(try JSONDocument(body).root)
        } catch {
            throw Refusal(
                .malformedJSON, "Not the JSON that is read here: \(error.description).",
                members: [("offset", .integer(Int64(error.offset)))])
        }
    }

    /// The precondition of a change; nil when there is none.
    /// - Throws: 400 for a malformed `If-Match`, and for an `If-None-Match`, which no change can honour: none creates a customer
    ///   under a name of the caller's choosing.
    func precondition() throws(Refusal) -> Precondition? {
        if headers.ifNoneMatch != nil {
            throw .invalidHeader("If-None-Match", "If-None-Match is for GET and HEAD; a change takes If-Match.")
        }
        guard let field = headers.ifMatch else { return nil }
        switch EntityTag.parseCondition(field) {
        case nil: throw .invalidHeader("If-Match", "If-Match takes entity tags as ETag shows them, or *.")
        case .any?: return Precondition.none
        // Strong comparison (RFC 9110 section 8.8.3.2): a weak tag matches nothing.
        case .tags(let tags)?: return .version(in: tags.compactMap { $0.isWeak ? nil : $0.version })
        }
    }

    /// Whether `If-None-Match` says that the caller has this version already. Weak comparison.
    /// - Throws: 400 when it is malformed.
    func hasCopy(of version: Int64) throws(Refusal) -> Bool {
        switch try ifNoneMatch() {
        case nil: false
        case .any?: true
        case .tags(let tags)?: tags.contains { $0.version == version }
        }
    }

    func ifNoneMatch() throws(Refusal) -> EntityTag.Condition? {
        guard let field = headers.ifNoneMatch else { return nil }
        guard let condition = EntityTag.parseCondition(field) else {
            throw .invalidHeader("If-None-Match", "If-None-Match takes entity tags as ETag shows them, or *.")
        }
        return condition
    }

    /// The `Idempotency-Key`: 1 to 255 printable ASCII characters.
    /// - Throws: 400 when it is malformed, or missing where the route requires it.
    @discardableResult
    func idempotencyKey() throws(Refusal) -> String? {
        guard let key = headers.idempotencyKey else {
            guard !grant.route.idempotencyRequired else {
                throw Refusal(.idempotencyKeyRequired, "Send an Idempotency-Key, a new one for each new operation.")
            }
            return nil
        }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw .invalidHeader("Idempotency-Key", "An Idempotency-Key has 1 to 255 printable ASCII characters.")
        }
        return key
    }
}

extension CustomerAPI {
    /// The customer that a path names, as far as the grant reaches.
    /// - Throws: 404, the same for every text.
    func target(_ text: String, _ call: APICall) throws(Refusal) -> (CustomerID, TenantScope) {
        guard let id = CustomerID(text), let scope = call.scope else { throw .noCustomer }
        return (id, scope)
    }

    /// Refuses a change without precondition where the route requires one. Not found wins.
    /// - Throws: 404, 428, 503.
    func require(
        _ precondition: Precondition?, for id: CustomerID, in scope: TenantScope, _ call: APICall
    ) async throws(Refusal) -> Precondition {
        if let precondition { return precondition }
        guard call.grant.route.preconditionRequired else { return .none }
        _ = try await stored { () async throws(StoreError) in try await store.find(id, in: scope) }
        throw Refusal(.preconditionRequired, "Send If-Match with the ETag of the customer as you know it.")
    }

    func stored<Value: Sendable>(_ body: () async throws(StoreError) -> Value) async throws(Refusal) -> Value {
        do throws(StoreError) {
            return try await body()
        } catch {
            throw Refusal(error)
        }
    }

    static func answer(_ status: Int, _ customer: Customer, headers: [(String, String)] = []) -> APIAnswer {
        APIAnswer(
            status: status, json: customer.json, headers: headers + [("etag", EntityTag.text(version: customer.version))])
    }
}
