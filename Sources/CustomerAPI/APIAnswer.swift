import Customers
package import GatewayCore
import StrictJSON

/// What the provisioning module answers. Framing (`Content-Length`, and no body for HEAD and 304) is the connection's.
package struct APIAnswer: Sendable {
    package var status: Int
    /// Lower-case names.
    package var headers: [(String, String)]
    /// For HEAD the body that GET would have: its length is told and it is not sent.
    package var body: [UInt8]
    /// What kept the store from answering, for the operators' log; it names files and servers, so callers never see it.
    package var failure: String?
    /// The answer is that there is no such customer, and another tenant has it: for the decision log, and never for the caller.
    package var isOthers = false

    package init(status: Int, headers: [(String, String)] = [], body: [UInt8] = [], failure: String? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
        self.failure = failure
    }

    package init(_ problem: Problem, requestID: String, failure: String? = nil) {
        let answer = Answer(problem, requestID: requestID)
        self.init(status: answer.status, headers: answer.headers, body: answer.body, failure: failure)
    }

    /// An answer that was given before, marked as such.
    init(_ kept: KeptAnswer) {
        self.init(
            status: kept.status, headers: kept.headers.map { ($0.name, $0.value) } + [("idempotent-replayed", "true")],
            body: kept.body)
    }

    var kept: KeptAnswer {
        KeptAnswer(status: status, headers: headers.map { KeptAnswer.Header($0.0, $0.1) }, body: body)
    }

    /// A representation. Answers differ by who asks, and a client that keeps one has to ask again before it uses it.
    init(status: Int, json: JSONValue, headers: [(String, String)] = []) {
        self.init(
            status: status,
            headers: [("content-type", "application/json"), ("cache-control", "private, no-cache")] + headers,
            body: json.utf8())
    }
}

/// Ends an operation without its doing anything.
enum Refusal: Error {
    /// `failure` is what `APIAnswer.failure` tells operators.
    case problem(Problem, failure: String?)
    /// It was done before, and answered so.
    case answered(KeptAnswer)

    init(
        _ code: ProblemCode, _ detail: String, members: [(String, JSONValue)] = [], headers: [(String, String)] = []
    ) {
        self = .problem(Problem(code, detail, members: members, headers: headers), failure: nil)
    }

    static func invalidHeader(_ name: String, _ detail: String) -> Refusal {
        Refusal(.invalidHeader, detail, members: [("header", .string(name))])
    }

    static func invalidParameter(_ name: String, _ detail: String) -> Refusal {
        Refusal(.invalidParameter, detail, members: [("parameter", .string(name))])
    }
}
