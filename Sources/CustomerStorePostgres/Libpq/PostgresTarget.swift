import CPostgres
import Customers

/// Where the server is and how to enter, read from a connection URI. Holds the password, so it prints as the server's address.
struct PostgresTarget: Sendable, CustomStringConvertible, CustomReflectable {
    /// `postgres://host:port/database`
    let description: String
    /// libpq's keywords and their values.
    let options: [(keyword: String, value: String)]
    private let password: String?

    /// What is used where the URI says nothing. A server that vanishes without a word is given up after 10 + 3 × 5 seconds;
    /// of several hosts the one that can be written to is taken.
    private static let defaults = [
        ("connect_timeout", "3"), ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
        ("tcp_user_timeout", "15000"), ("target_session_attrs", "read-write"), ("application_name", "gatehouse"),
    ]

    /// - Throws: `unavailable`. What libpq says of a URI that it cannot read is kept back: it quotes the URI.
    init(uri: String) throws(StoreError) {
        guard let given = Self.parse(uri) else {
            throw .unavailable(
                "the store's postgres:// URI cannot be read; write special characters in user and password as %40 for `@` and so on")
        }
        func value(_ keyword: String) -> String? { given.first { $0.keyword == keyword }?.value }
        // libpq ends user and password at the first `@`: what follows of the password would be a host name, and be printed.
        guard value("host")?.contains("@") != true else {
            throw .unavailable("the store's postgres:// URI has an `@` in its host: write `@` in user and password as %40")
        }
        description = "postgres://\(value("host") ?? value("hostaddr") ?? "localhost"):\(value("port") ?? "5432")/\(value("dbname") ?? "")"
        password = value("password")
        var options = given.filter { $0.keyword != "client_encoding" } + [("client_encoding", "UTF8")]
        for (keyword, ownValue) in Self.defaults where value(keyword) == nil { options.append((keyword, ownValue)) }
        self.options = options
    }

    /// What libpq said, in one line and without the password, should it ever stand there.
    func tell(_ message: String) -> String {
        var text = message.split(whereSeparator: \.isNewline).joined(separator: "; ")
        if let password, !password.isEmpty {
            text = text.split(separator: password, omittingEmptySubsequences: false).joined(separator: "…")
        }
        return text
    }

    var customMirror: Mirror { Mirror(self, children: ["server": description]) }

    /// The keywords that a URI gives a value for; nil when it cannot be read.
    private static func parse(_ uri: String) -> [(keyword: String, value: String)]? {
        var complaint: UnsafeMutablePointer<CChar>?
        // Both are allocated by libpq, and freed here by its own functions whether they are nil or not.
        let list = unsafe PQconninfoParse(uri, &complaint)
        defer {
            unsafe PQfreemem(complaint)
            unsafe PQconninfoFree(list)
        }
        guard let list = unsafe list else { return nil }
        var options: [(String, String)] = []
        // The list ends with an entry whose keyword is NULL.
        var entry = unsafe list
        while let keyword = unsafe entry.pointee.keyword {
            if let value = unsafe entry.pointee.val { unsafe options.append((String(cString: keyword), String(cString: value))) }
            unsafe entry += 1
        }
        return options
    }
}
