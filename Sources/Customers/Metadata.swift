/// What a partner keeps beside a customer: up to 50 texts by name, in the order in which they were given.
package struct Metadata: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        package let key: String
        package let value: String

        package init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    /// Keys are unique, byte for byte.
    package let entries: [Entry]

    /// For entries that were judged before: those of a parsed draft and of a stored row.
    package init(_ entries: [Entry]) {
        self.entries = entries
    }
}
