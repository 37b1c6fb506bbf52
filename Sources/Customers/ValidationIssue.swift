/// One thing wrong with a body, in the terms of Zod 3: callers show these beside the field they belong to.
package struct ValidationIssue: Sendable, Equatable {
    /// Zod's issue codes, as far as a customer can raise them.
    package enum Code: String, Sendable, CaseIterable {
        case invalidType = "invalid_type"
        case tooSmall = "too_small"
        case tooBig = "too_big"
        case invalidString = "invalid_string"
        case unrecognizedKeys = "unrecognized_keys"
    }

    package let code: Code
    /// Names from the body's root to the value; empty for the whole body.
    package let path: [String]
    package let message: String

    package init(_ code: Code, at path: [String], _ message: String) {
        self.code = code
        self.path = path
        self.message = message
    }

    /// `path` as a JSON Pointer (RFC 6901): `~` is written `~0` and `/` `~1`; the whole body is the empty text.
    package var pointer: String {
        var bytes: [UInt8] = []
        for name in path {
            bytes.append(UInt8(ascii: "/"))
            for byte in name.utf8 {
                switch byte {
                case UInt8(ascii: "~"): bytes.append(contentsOf: "~0".utf8)
                case UInt8(ascii: "/"): bytes.append(contentsOf: "~1".utf8)
                default: bytes.append(byte)
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Everything that is wrong with a body, at once. Never empty.
package struct ValidationError: Error, Sendable, Equatable {
    /// In the order of the schema's fields; unrecognized keys last, as Zod has them.
    package let issues: [ValidationIssue]

    package init(_ issues: [ValidationIssue]) {
        self.issues = issues
    }
}
