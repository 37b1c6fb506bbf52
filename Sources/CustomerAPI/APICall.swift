package import Access

/// A request that was allowed, as the provisioning module receives it. Nothing can be asked of the module without a `Grant`.
package struct APICall: Sendable {
    /// Header fields that operations look at; nil when absent. A field that came in several lines is joined by `, `.
    package struct Headers: Sendable {
        package var accept: String?
        package var contentType: String?
        package var idempotencyKey: String?
        package var ifMatch: String?
        package var ifNoneMatch: String?

        package init(
            accept: String? = nil, contentType: String? = nil, idempotencyKey: String? = nil, ifMatch: String? = nil,
            ifNoneMatch: String? = nil
        ) {
            self.accept = accept
            self.contentType = contentType
            self.idempotencyKey = idempotencyKey
            self.ifMatch = ifMatch
            self.ifNoneMatch = ifNoneMatch
        }
    }

    package let grant: Grant
    package let method: Method
    /// The canonical path that was decided on.
    package let path: String
    /// The canonical query, percent-encoded, without its `?`.
    package let query: String?
    package let headers: Headers
    package var body: [UInt8]
    package let requestID: String
    /// Unix milliseconds.
    package let now: Int64

    package init(
        grant: Grant, method: Method, path: String, query: String?, headers: Headers, body: [UInt8], requestID: String,
        now: Int64
    ) {
        self.grant = grant
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.requestID = requestID
        self.now = now
    }
}
