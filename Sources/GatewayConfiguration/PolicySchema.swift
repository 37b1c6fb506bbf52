/// The JSON Schema of policies: `policies/policy.schema.json` as it was when the program was built.
package enum PolicySchema {
    /// Without the newline at the end of the file.
    package static let text = String(decoding: PackageResources.policy_schema_json.dropLast(), as: UTF8.self)
}
