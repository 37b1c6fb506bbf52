import GatewayCore
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

    static func write(_ answer: Answer, _ context: Context, to output: inout ByteBuffer) {
        output.writeStaticString("HTTP/1.1 ")
        output.writeString(String(answer.status))
        output.writeStaticString(" ")
        output.writeStaticString(reasonPhrase(answer.status))
        write(answer.headers, to: &output)
        finish(answer.body, hasBody: answer.status != 204 && answer.status != 304, context, to: &output)
    }

    /// The answer of a read that never changes but for its id and date: `application/json`, not stored.
    static func writeJSON(_ body: [UInt8], _ context: Context, to output: inout ByteBuffer) {
        output.writeStaticString("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store")
        finish(body, hasBody: true, context, to: &output)
    }

    static func write(_ headers: [(String, String)], to output: inout ByteBuffer) {
        for (name, value) in headers {
            output.writeStaticString("\r\n")
            output.writeString(name)
            output.writeStaticString(": ")
            output.writeString(isFieldValue(value) ? value : "")
        }
    }

    private static func finish(_ body: [UInt8], hasBody: Bool, _ context: Context, to output: inout ByteBuffer) {
        if hasBody {
            output.writeStaticString("\r\ncontent-length: ")
            writeDecimal(body.count, to: &output)
        }
        if !context.originHeaders.isEmpty { write(context.originHeaders, to: &output) }
        output.writeStaticString("\r\nx-request-id: ")
        output.writeBytes(context.requestID)
        output.writeStaticString("\r\ndate: ")
        output.writeBytes(context.date)
        if !context.isKeepAlive { output.writeStaticString("\r\nconnection: close") }
        output.writeStaticString("\r\n\r\n")
        if hasBody, !context.isHead { output.writeBytes(body) }
    }

    private static func writeDecimal(_ number: Int, to output: inout ByteBuffer) {
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            output.writeInteger(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
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
