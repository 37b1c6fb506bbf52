import Access
import GatewayCore
import Testing

@testable import CustomerAPI

/// Holds answers to what `/openapi.json` says of them: so no handler can answer what is not described.
enum DescribedAnswer {
    /// Header fields that any answer may have, undescribed.
    private static let common: Set<String> = ["content-type", "cache-control", "allow", "accept", "accept-patch"]

    static func check(_ answer: APIAnswer, to method: Access.Method, at path: String) {
        let operations = CustomerAPI.all.filter { $0.name(in: path) != nil }
        guard let operation = operations.first(where: { $0.serves(method) })?.declaration else {
            #expect(answer.status == (operations.isEmpty ? 404 : 405))
            return
        }
        let what = "\(operation.id) answers \(answer.status) \(String(decoding: answer.body, as: UTF8.self))"
        if answer.headers.contains(where: { $0 == ("content-type", Problem.contentType) }) {
            let text = String(decoding: answer.body, as: UTF8.self)
            #expect(operation.allProblems.contains { $0.status == answer.status && text.contains(#""code":"\#($0.rawValue)""#) }, "\(what)")
            return
        }
        guard let described = operation.answers.first(where: { $0.status == answer.status }) else {
            Issue.record("\(what), which is not described")
            return
        }
        let names = Set(described.headers.map { $0.name.lowercased() })
        for (name, _) in answer.headers where !common.contains(name) { #expect(names.contains(name), "\(what) with \(name)") }
        #expect(answer.body.isEmpty == (described.schema == nil), "\(what)")
    }
}
