import GRDB

/// The tables, as a list of steps that only ever grows at its end: a step that a file has taken is never changed.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 customers") { database in
            try database.execute(sql: customers)
        }
        migrator.registerMigration("2 answers") { database in
            try database.execute(sql: answers)
        }
        migrator.registerMigration("3 revocations") { database in
            try database.execute(sql: RevocationRow.schema)
        }
        migrator.registerMigration("4 nonces") { database in
            try database.execute(sql: NonceRow.schema)
        }
        migrator.registerMigration("5 key uses") { database in
            try database.execute(sql: KeyUseRow.schema)
        }
        return migrator
    }

    /// The rules of a customer once more, as far as SQL can say them, so that no other program can break them either.
    /// Lengths are in bytes, `length()` would end at U+0000: a UTF-16 code unit takes at most 3 in UTF-8.
    /// The unique index begins with the external identifier so that it also serves a search over all tenants.
    private static let customers = """
        CREATE TABLE customers (
            id TEXT NOT NULL PRIMARY KEY CHECK (id GLOB 'cus_[0-7]*' AND length(id) = 30),
            tenant TEXT NOT NULL CHECK (tenant <> ''),
            name TEXT NOT NULL CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 600),
            contact_email TEXT NOT NULL CHECK (contact_email LIKE '%_@_%.__%'),
            address TEXT CHECK (length(CAST(address AS BLOB)) <= 1500),
            phone TEXT CHECK (length(CAST(phone AS BLOB)) <= 150),
            external_id TEXT CHECK (length(CAST(external_id AS BLOB)) BETWEEN 1 AND 300),
            metadata TEXT CHECK (json_type(metadata) = 'object'),
            created_at INTEGER NOT NULL CHECK (created_at >= 0),
            updated_at INTEGER NOT NULL CHECK (updated_at >= created_at),
            version INTEGER NOT NULL CHECK (version >= 1)
        ) STRICT, WITHOUT ROWID;

        CREATE UNIQUE INDEX customers_external_id ON customers (external_id, tenant) WHERE external_id IS NOT NULL;
        CREATE INDEX customers_tenant_created ON customers (tenant, created_at, id);
        CREATE INDEX customers_created ON customers (created_at, id);
        CREATE INDEX customers_contact_email ON customers (contact_email, tenant, created_at, id);

        CREATE TRIGGER customers_owner BEFORE UPDATE OF id, tenant, created_at ON customers
        BEGIN
            SELECT RAISE(ABORT, 'the identifier, tenant and creation time of a customer never change');
        END;
        """

    /// Answers kept for requests that may be sent again. Headers are lines of `Name: value`.
    private static let answers = """
        CREATE TABLE answers (
            scope BLOB NOT NULL PRIMARY KEY CHECK (length(scope) = 32),
            fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
            status INTEGER NOT NULL CHECK (status BETWEEN 200 AND 299),
            headers TEXT NOT NULL,
            body BLOB NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT;

        CREATE INDEX answers_expires_at ON answers (expires_at);
        """
}
