/// A response that is complete in memory.
package struct Answer: Sendable {
    package var status: Int
    /// Lower-case names; neither Content-Length nor Date, which the server adds.
    package var headers: [(String, String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(String, String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package init(json body: [UInt8], status: Int = 200, headers: [(String, String)] = []) {
        self.init(status: status, headers: [("content-type", "application/json")] + headers, body: body)
    }

    package init(_ problem: Problem, requestID: String) {
        self.init(
            status: problem.status,
            headers: [("content-type", Problem.contentType), ("cache-control", "no-store")] + problem.headers,
            body: problem.body(requestID: requestID)
        )
    }
}
