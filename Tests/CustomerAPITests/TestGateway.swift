import CustomerAPI
import CustomerStoreSQLite
import Customers
import Foundation
import GatewayTesting
import OpenSSLCrypto
import StrictJSON
import Testing

@testable import Access

/// The stores that every test of this target runs over.
enum StoreKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case memory, sqlite

    var testDescription: String { rawValue }
}

/// Who calls.
enum Who: Sendable {
    /// A partner's tenant.
    case tenant(String)
    /// A partner whose tenant is not named as it is.
    case moved(partner: String, tenant: String)
    /// Staff: reaches every tenant.
    case support
    /// A session without tenant.
    case nobody

    static let acme = Who.tenant("acme")
    static let globex = Who.tenant("globex")
}

/// What the route's policy asks for.
struct RouteRules: Sendable {
    var needsPrecondition = false
    var needsIdempotencyKey = false
}

/// The provisioning module behind a policy that allows everything, so that what it refuses is its own doing.
struct TestGateway: Sendable {
    static let path = "/api/provisioning/customers"
    static let requestID = "request-1"
    let api: CustomerAPI
    let store: any CustomerStore
    var rules = RouteRules()
    /// Unix milliseconds: 2026-03-01T12:00:00.000Z.
    var now: Int64 = 1_772_366_400_000

    static func with(_ kind: StoreKind, _ body: (TestGateway) async throws -> Void) async throws {
        switch kind {
        case .memory: try await body(TestGateway(MemoryCustomerStore()))
        case .sqlite:
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            try await body(TestGateway(try SQLiteCustomerStore(path: folder.appendingPathComponent("store.sqlite").path)))
        }
    }

    init(_ store: any CustomerStore) {
        self.store = store
        let key = HMACKey(.sha256, key: SecretBytes([UInt8](repeating: 7, count: 32)))
        api = CustomerAPI(store: store, cursorKey: key)
    }

    func call(
        _ who: Who, _ method: Access.Method, at path: String = path, query: String? = nil, _ body: String = "",
        headers: APICall.Headers = APICall.Headers()
    ) async throws -> Answer {
        var headers = headers
        if headers.contentType == nil && !body.isEmpty { headers.contentType = "application/json" }
        return try await call(who, method, at: path, query: query, bytes: Array(body.utf8), headers: headers)
    }

    /// Without a content type unless the headers have one.
    func call(
        _ who: Who, _ method: Access.Method, at path: String = path, query: String? = nil, bytes: [UInt8],
        headers: APICall.Headers = APICall.Headers(contentType: "application/json")
    ) async throws -> Answer {
        let call = APICall(
            grant: try grant(who), method: method, path: path, query: query, headers: headers, body: bytes,
            requestID: Self.requestID, now: now)
        return try Answer(await api.handle(call))
    }

    /// Creates a customer and gives its path and identifier.
    func create(_ who: Who, _ body: String = #"{"name":"Acme","contactEmail":"ada@acme.example"}"#) async throws -> String {
        var query: String?
        if case .support = who { query = "tenant=acme" }
        let answer = try await call(who, .post, query: query, body)
        #expect(answer.status == 201)
        return try #require(answer.header("location"))
    }

    private func grant(_ who: Who) throws -> Grant {
        let position = SourcePosition(line: 1, column: 1)
        let caller = Caller(index: 0, name: "partner", via: .partnerToken, roles: RoleSet([0]), position: position)
        let route = Route(
            index: 0, id: "all", methods: MethodSet(rawValue: .max), pattern: try RoutePattern(parsing: "/{rest...}"),
            needs: ScopeSet(), object: nil, isPublic: false, isClosed: false, callers: CallerSet(caller), signed: .optional,
            idempotencyRequired: rules.needsIdempotencyKey, preconditionRequired: rules.needsPrecondition, bodyTypes: nil,
            bodyLimit: nil, rate: nil, timeoutMilliseconds: nil, upgrade: nil, because: nil, destination: .provisioning,
            position: position, keyPositions: [:])
        let policy = Policy(
            digest: "", roles: [], scopes: [], callers: [caller], routes: [route], denyRules: [], table: RouteTrie().table())
        var (partner, tenant, objects): (String?, String?, ObjectReach) = (nil, nil, .own)
        switch who {
        case .tenant(let own): (partner, tenant) = (own, own)
        case .moved(let id, let now): (partner, tenant) = (id, now)
        case .support: objects = .any
        case .nobody: break
        }
        let principal = Principal(
            asserting: caller, subject: partner ?? "staff", partner: partner, tenant: tenant, roles: RoleSet([0]),
            scopes: ScopeSet(), objects: objects, tokenID: nil, expires: .max)
        guard case .allow(let grant) = policy.decide(principal, on: route, in: AccessContext()) else {
            throw UnexpectedDenial()
        }
        return grant
    }

    struct UnexpectedDenial: Error {}
}

/// An answer with its body read.
struct Answer: Sendable {
    let status: Int
    let headers: [(String, String)]
    let text: String
    let json: JSONElement?
    let failure: String?

    init(_ answer: APIAnswer) throws {
        status = answer.status
        headers = answer.headers
        text = String(decoding: answer.body, as: UTF8.self)
        json = answer.body.isEmpty ? nil : try JSONDocument(answer.body).root
        failure = answer.failure
    }

    func header(_ name: String) -> String? { headers.first { $0.0 == name }?.1 }

    subscript(name: String) -> String? { json?[name]?.string }

    var code: String? { self["code"] }

    /// `code path message` of each problem of a 422.
    var errors: [String] {
        (json?["errors"]?.elements ?? []).map { error in
            "\(error["code"]?.string ?? "-") \(error["pointer"]?.string ?? "-") \(error["message"]?.string ?? "-")"
        }
    }

    /// The identifiers of a list.
    var identifiers: [String] { (json?["data"]?.elements ?? []).compactMap { $0["id"]?.string } }

    /// Checks that this is a problem document in full, of this status and code.
    func expectProblem(
        _ status: Int, _ code: String, _ extra: (name: String, value: String)? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(self.status == status, "\(text)", sourceLocation: sourceLocation)
        #expect(self.code == code, "\(text)", sourceLocation: sourceLocation)
        #expect(header("content-type") == "application/problem+json", sourceLocation: sourceLocation)
        #expect(self["type"] == "https://gatehouse.dev/problems/\(code)", sourceLocation: sourceLocation)
        #expect(json?["status"]?.integer == Int64(status), sourceLocation: sourceLocation)
        #expect(self["request_id"] == TestGateway.requestID, sourceLocation: sourceLocation)
        #expect(self["title"]?.isEmpty == false && self["detail"]?.isEmpty == false, sourceLocation: sourceLocation)
        if let extra { #expect(self[extra.name] == extra.value, "\(text)", sourceLocation: sourceLocation) }
    }
}
