/// The tables, as a list of steps that only ever grows at its end: a step that a database has taken is never changed.
enum Schema {
    struct Step {
        /// 1 and up.
        let number: Int
        let name: String
        let statements: [String]
    }

    static let steps = [
        Step(number: 1, name: "customers", statements: [customers] + customerIndexes + [ownerFunction, ownerTrigger] + notes),
        Step(number: 2, name: "answers", statements: [answers, "CREATE INDEX answers_expires_at ON gatehouse.answers (expires_at)"]),
        Step(number: 3, name: "revocations", statements: RevocationRow.schema),
        Step(number: 4, name: "nonces", statements: NonceRow.schema),
        Step(number: 5, name: "key uses", statements: KeyUseRow.schema),
    ]

    /// The rules of a customer once more, as far as SQL can say them, so that no other program can break them either.
    /// Lengths are in bytes: a UTF-16 code unit takes at most 3 in UTF-8, and what `ExactText` writes for one at most 2.
    /// Texts compare by their bytes. The tenant's length is what an entry of an index has room for.
    private static let customers = """
        CREATE TABLE gatehouse.customers (
            id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^cus_[0-7][0-9A-HJKMNP-TV-Z]{25}$'),
            tenant text COLLATE "C" NOT NULL CHECK (octet_length(tenant) BETWEEN 1 AND 2000),
            name text COLLATE "C" NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 600),
            contact_email text COLLATE "C" NOT NULL CHECK (contact_email LIKE '%_@_%.__%'),
            address text COLLATE "C" CHECK (octet_length(address) <= 1500),
            phone text COLLATE "C" CHECK (octet_length(phone) <= 150),
            external_id text COLLATE "C" CHECK (octet_length(external_id) BETWEEN 1 AND 300),
            metadata json CHECK (json_typeof(metadata) = 'object'),
            created_at bigint NOT NULL CHECK (created_at >= 0),
            updated_at bigint NOT NULL CHECK (updated_at >= created_at),
            version bigint NOT NULL CHECK (version >= 1)
        )
        """

    /// The unique index begins with the external identifier so that it also serves a search over all tenants.
    private static let customerIndexes = [
        "CREATE UNIQUE INDEX customers_external_id ON gatehouse.customers (external_id, tenant) WHERE external_id IS NOT NULL",
        "CREATE INDEX customers_tenant_created ON gatehouse.customers (tenant, created_at, id)",
        "CREATE INDEX customers_created ON gatehouse.customers (created_at, id)",
        "CREATE INDEX customers_contact_email ON gatehouse.customers (left(contact_email, 200), tenant, created_at, id)",
    ]

    private static let ownerFunction = """
        CREATE FUNCTION gatehouse.check_customer_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN
            IF NEW.id <> OLD.id OR NEW.tenant <> OLD.tenant OR NEW.created_at <> OLD.created_at THEN
                RAISE EXCEPTION 'the identifier, tenant and creation time of a customer never change'
                USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF NEW.version <> OLD.version + 1 THEN
                RAISE EXCEPTION 'each change of a customer counts its version up by one'
                USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END
        $$
        """

    private static let ownerTrigger = """
        CREATE TRIGGER check_customer_change BEFORE UPDATE ON gatehouse.customers
        FOR EACH ROW EXECUTE FUNCTION gatehouse.check_customer_change()
        """

    private static let notes = [
        #"COMMENT ON TABLE gatehouse.customers IS 'Texts have \\ for a backslash and \0 for U+0000; times are unix milliseconds'"#
    ]

    /// Answers kept for requests that may be sent again. Headers are lines of `Name: value`.
    private static let answers = """
        CREATE TABLE gatehouse.answers (
            scope bytea PRIMARY KEY CHECK (octet_length(scope) = 32),
            fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
            status bigint NOT NULL CHECK (status BETWEEN 200 AND 299),
            headers text NOT NULL,
            body bytea NOT NULL,
            expires_at bigint NOT NULL
        )
        """
}
