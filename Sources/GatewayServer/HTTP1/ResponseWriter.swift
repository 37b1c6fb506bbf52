import GatewayCore
import HTTPWire
import NIOCore

/// Writes whole HTTP/1.1 responses as bytes (RFC 9112 section 4).
///
/// INVARIANT (no header from a value): every value is checked for control characters here, at the last gate (CVE-2026-28970).
struct ResponseWriter {
    /// What is common to the responses of one request.
    struct Context {
        let requestID: [UInt8]
        /// The `Date` value, 29 bytes.
        let date: [UInt8]
        let isKeepAlive: Bool
        /// The answer to HEAD has the headers and no body.
        let isHead: Bool
        /// What the request's origin may see of the answer.
        var originHeaders: [(String, String)] = []
    }

    /// - Parameter scratch: where the head is put together.
    static func write(_ answer: Answer, _ context: Context, by scratch: inout [UInt8], to output: inout ByteBuffer) {
        scratch.removeAll(keepingCapacity: true)
        appendStatus(answer.status, to: &scratch)
        append(answer.headers, to: &scratch)
        finish(answer.body, hasBody: answer.status != 204 && answer.status != 304, context, by: &scratch, to: &output)
    }

    /// The answer of a read that never changes but for its id and date: `application/json`, not stored.
    static func writeJSON(_ body: [UInt8], _ context: Context, by scratch: inout [UInt8], to output: inout ByteBuffer) {
        scratch.removeAll(keepingCapacity: true)
        scratch.append(text: "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store")
        finish(body, hasBody: true, context, by: &scratch, to: &output)
    }

    static func appendStatus(_ status: Int, to lines: inout [UInt8]) {
        lines.append(text: "HTTP/1.1 ")
        lines.append(decimal: status)
        lines.append(text: " ")
        lines.append(text: reasonPhrase(status))
    }

    static func append(_ headers: [(String, String)], to lines: inout [UInt8]) {
        for (name, value) in headers {
            lines.append(text: "\r\n")
            lines.append(contentsOf: name.utf8)
            lines.append(text: ": ")
            if isFieldValue(value) { lines.append(contentsOf: value.utf8) }
        }
    }

    private static func finish(
        _ body: [UInt8], hasBody: Bool, _ context: Context, by lines: inout [UInt8], to output: inout ByteBuffer
    ) {
        if hasBody {
            lines.append(text: "\r\ncontent-length: ")
            lines.append(decimal: body.count)
        }
        append(context.originHeaders, to: &lines)
        lines.append(text: "\r\nx-request-id: ")
        lines.append(contentsOf: context.requestID)
        lines.append(text: "\r\ndate: ")
        lines.append(contentsOf: context.date)
        if !context.isKeepAlive { lines.append(text: "\r\nconnection: close") }
        lines.append(text: "\r\n\r\n")
        output.writeBytes(lines)
        if hasBody, !context.isHead { output.writeBytes(body) }
    }

    private static func isFieldValue(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }

    static func reasonPhrase(_ status: Int) -> StaticString {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: ""
        }
    }
}
