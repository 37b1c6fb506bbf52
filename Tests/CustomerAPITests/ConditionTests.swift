import Access
import CustomerAPI
import GatewayTesting
import StrictJSON
import Testing

@Suite(.ownThread) struct ConditionTests {
    @Test(
        "If-None-Match tells whether the caller has the customer already",
        arguments: [
            (nil, 200), ("\"1\"", 304), ("W/\"1\"", 304), ("*", 304), ("\"0\", \"1\"", 304), ("\"0\",W/\"1\" ,\"7\"", 304),
            (",, \"1\",", 304), ("\"2\"", 200), ("\"01\"", 200), ("\"\"", 200), ("\"+1\"", 200), ("W/\"2\"", 200),
            ("\"1 \"", 400), ("1", 400), ("", 400), (",", 400), ("\"1", 400), ("1\"", 400), ("w/\"1\"", 400), ("\"1\" \"2\"", 400),
            ("*, \"1\"", 400), ("**", 400), ("W/", 400), ("W/*", 400), ("\"1\"x", 400), ("'1'", 400),
        ] as [(String?, Int)])
    func ifNoneMatch(_ field: String?, _ status: Int) async throws {
        for kind in StoreKind.allCases {
            try await TestGateway.with(kind) { gateway in
                let path = try await gateway.create(.acme)
                for method in [.get, .head] as [Access.Method] {
                    let answer = try await gateway.call(.acme, method, at: path, headers: .init(ifNoneMatch: field))
                    #expect(answer.status == status, "\(answer.text)")
                    switch status {
                    case 304:
                        #expect(answer.header("etag") == "\"1\"" && answer.header("cache-control") != nil)
                        #expect(answer.text.isEmpty && answer.header("content-type") == nil)
                    case 400: answer.expectProblem(400, "invalid_header", ("header", "If-None-Match"))
                    default: #expect(answer["name"] == "Acme")
                    }
                }
            }
        }
    }

    @Test(
        "If-Match is compared strongly, on each verb that changes something",
        arguments: [
            ("\"2\"", 200), ("*", 200), ("\"1\", \"2\"", 200), ("\"x\",\"2\",W/\"2\"", 200), (nil, 200), ("\"1\"", 412),
            ("\"3\"", 412), ("W/\"2\"", 412), ("\"02\"", 412), ("\"2.0\"", 412), ("\"\"", 412), ("\"x\"", 412),
            ("\"99999999999999999999\"", 412), ("2", 400), ("", 400), (", ,", 400), ("\"2", 400), ("w/\"2\"", 400), ("*,*", 400),
            ("\"2\";", 400),
        ] as [(String?, Int)])
    func ifMatch(_ field: String?, _ status: Int) async throws {
        for kind in StoreKind.allCases {
            try await TestGateway.with(kind) { gateway in
                for (method, body) in [
                    (.put, #"{"name":"New","contactEmail":"a@b.co"}"#), (.patch, #"{"name":"New"}"#), (.delete, ""),
                ] as [(Access.Method, String)] {
                    let path = try await gateway.create(.acme)
                    #expect(try await gateway.call(.acme, .patch, at: path, "{}").header("etag") == "\"2\"")
                    let answer = try await gateway.call(.acme, method, at: path, body, headers: .init(ifMatch: field))
                    switch status {
                    case 412: answer.expectProblem(412, "precondition_failed")
                    case 400: answer.expectProblem(400, "invalid_header", ("header", "If-Match"))
                    default:
                        #expect(answer.status == (method == .delete ? 204 : 200), "\(answer.text)")
                        #expect(answer.header("etag") == (method == .delete ? nil : "\"3\""))
                    }
                    let left = try await gateway.call(.acme, .get, at: path)
                    if status != 200 { #expect(left["name"] == "Acme" && left.header("etag") == "\"2\"") }
                }
            }
        }
    }

    @Test(
        "Not found wins over a precondition, a missing one and a failed one over validation, validation over a duplicate",
        arguments: StoreKind.allCases)
    func order(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            var gateway = gateway
            gateway.rules.needsPrecondition = true
            _ = try await gateway.create(.acme, #"{"name":"A","contactEmail":"a@b.co","externalId":"taken"}"#)
            let path = try await gateway.create(.acme)
            let missing = "/api/provisioning/customers/cus_01KJMF1S00ABCDEFGHJKMNPQRS"
            let invalid = #"{"name":"","externalId":"taken"}"#
            for method in [.put, .patch] as [Access.Method] {
                for tag in [nil, "\"9\"", "\"1\"", "*"] {
                    let answer = try await gateway.call(.acme, method, at: missing, invalid, headers: .init(ifMatch: tag))
                    answer.expectProblem(404, "not_found")
                }
                try await gateway.call(.acme, method, at: path, invalid).expectProblem(428, "precondition_required")
                try await gateway.call(.acme, method, at: path, invalid, headers: .init(ifMatch: "\"9\""))
                    .expectProblem(412, "precondition_failed")
                try await gateway.call(.acme, method, at: path, invalid, headers: .init(ifMatch: "\"1\""))
                    .expectProblem(422, "validation")
                let valid = #"{"name":"A","contactEmail":"a@b.co","externalId":"taken"}"#
                try await gateway.call(.acme, method, at: path, valid, headers: .init(ifMatch: "*"))
                    .expectProblem(409, "duplicate_external_id")
            }
            try await gateway.call(.acme, .delete, at: missing).expectProblem(404, "not_found")
            try await gateway.call(.acme, .delete, at: path).expectProblem(428, "precondition_required")
            #expect(try await gateway.call(.acme, .delete, at: path, headers: .init(ifMatch: "\"1\"")).status == 204)
        }
    }

    @Test("Of changes that expect one version one is made, and none is lost", arguments: StoreKind.allCases)
    func lostUpdate(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let path = try await gateway.create(.acme)
            for round in 1...3 {
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<16 {
                        group.addTask {
                            try await gateway.call(
                                .acme, number.isMultiple(of: 2) ? .put : .patch, at: path,
                                #"{"name":"\#(number)","contactEmail":"a@b.co"}"#, headers: .init(ifMatch: "\"\(round)\"")
                            ).status
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(statuses.count { $0 == 200 } == 1 && statuses.count { $0 == 412 } == 15)
            }
            #expect(try await gateway.call(.acme, .get, at: path).header("etag") == "\"4\"")
        }
    }

    @Test("A change cannot be asked for with If-None-Match")
    func ifNoneMatchOnChange() async throws {
        try await TestGateway.with(.memory) { gateway in
            let path = try await gateway.create(.acme)
            for (method, body) in [(.put, "{}"), (.patch, "{}"), (.delete, "")] as [(Access.Method, String)] {
                try await gateway.call(.acme, method, at: path, body, headers: .init(ifMatch: "*", ifNoneMatch: "*"))
                    .expectProblem(400, "invalid_header", ("header", "If-None-Match"))
            }
        }
    }
}
