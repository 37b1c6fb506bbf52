/// What a caller may say about a customer, parsed and valid. Only `parse` makes one, so that stores need not validate.
package struct CustomerDraft: Sendable, Equatable {
    package let name: String
    package let contactEmail: String
    package let address: String?
    package let phone: String?
    package let externalID: String?
    package let metadata: Metadata?

    /// The names that a body may use, in the order of the schema.
    static let fieldNames = ["name", "contactEmail", "address", "phone", "externalId", "metadata"]

    /// Judges a whole body as the Zod 3 schema of contract section 9 would, and tells all that is wrong with it.
    /// Lengths count UTF-16 code units.
    package static func parse(_ body: FieldValue) throws(ValidationError) -> CustomerDraft {
        guard case .object(let members) = body else {
            throw ValidationError([.wrongType(body, expected: "object", at: [])])
        }
        var reader = FieldReader(members)
        let name = reader.required("name", missing: "Company name is required") { value, report in
            if value.utf16.isEmpty { report(.tooSmall, "Company name is required") }
            report.atMost(200, value)
        }
        let contactEmail = reader.required("contactEmail", missing: "Invalid email address") { value, report in
            if !EmailAddress.isValid(value) { report(.invalidString, "Invalid email address") }
        }
        let address = reader.optional("address") { value, report in report.atMost(500, value) }
        let phone = reader.optional("phone") { value, report in report.atMost(50, value) }
        let externalID = reader.optional("externalId") { value, report in
            if value.utf16.isEmpty { report(.tooSmall, "String must contain at least 1 character(s)") }
            report.atMost(100, value)
        }
        let metadata = reader.metadata("metadata")
        reader.refuseOthers(than: fieldNames)

        guard reader.issues.isEmpty, let name, let contactEmail else { throw ValidationError(reader.issues) }
        return CustomerDraft(
            name: name, contactEmail: contactEmail, address: address, phone: phone, externalID: externalID,
            metadata: metadata)
    }
}

extension ValidationIssue {
    /// Zod's message for a value of another kind, `null` included.
    static func wrongType(_ value: FieldValue, expected: String, at path: [String]) -> ValidationIssue {
        ValidationIssue(.invalidType, at: path, "Expected \(expected), received \(value.kind)")
    }
}
