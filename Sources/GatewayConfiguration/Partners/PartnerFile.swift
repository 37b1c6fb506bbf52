import Access
import GatewayCore
import StrictJSON

/// `keys/partners/<id>.json`, read strictly and written.
enum PartnerFile {
    private static let keys = ["id", "name", "roles", "tenant", "networks", "enabled", "created", "secrets"]

    /// - Parameters:
    ///   - id: the file's name without `.json`.
    ///   - diagnostics: gains every mistake of the file.
    /// - Returns: nil when there was a mistake.
    static func parse(_ bytes: [UInt8], path: String, id: String, diagnostics: inout [Diagnostic]) -> PartnerRecord? {
        guard var file = JSONFile(path: path, bytes: bytes, diagnostics: &diagnostics) else { return nil }
        defer { diagnostics += file.diagnostics }
        let root = file.document.root
        _ = file.checkObject(root, required: keys, optional: ["scopes"], what: "a partner")
        let named = file.string("id", of: root)
        if let named, named != id, let element = root["id"] {
            file.problem("`id` must be the name of the file without `.json`", at: element, suggestion: id)
        }
        let name = file.string("name", of: root, PartnerRecord.isName, expected: "1 to 200 characters, none of them a control character")
        let roles = file.strings("roles", of: root, PartnerRecord.isWord, expected: "the name of a role")
        let scopes = file.strings("scopes", of: root, PartnerRecord.isWord, expected: "the name of a scope")
        let tenant = file.string("tenant", of: root, Principal.isTenant, expected: "1 to 128 letters, digits and `._:@-`")
        let networks = file.strings(
            "networks", of: root, { (try? CIDR(parsing: $0)) != nil }, expected: "a network such as 10.0.0.0/8, or an address")
        let isEnabled = file.bool("enabled", of: root)
        let created = file.time("created", of: root)
        let secrets = secrets(of: root, in: &file)
        guard file.isGood, let name, let roles, let tenant, let networks, let isEnabled, let created else { return nil }
        return PartnerRecord(
            id: id, name: name, roles: roles, scopes: scopes, tenant: tenant, networks: networks, isEnabled: isEnabled,
            created: created, secrets: secrets
        )
    }

    private static func secrets(of root: JSONElement, in file: inout JSONFile) -> [PartnerRecord.Secret] {
        guard let list = root["secrets"] else { return [] }
        guard list.kind == .array else {
            file.problem("`secrets` must be a list", at: list)
            return []
        }
        var result: [PartnerRecord.Secret] = []
        for item in list.elements {
            guard file.checkObject(item, required: ["id", "created", "sealed"], optional: ["expires"], what: "a secret") else { continue }
            let id = file.string("id", of: item, PartnerRecord.isSecretID, expected: "1 to 32 of a-z, 0-9 and _")
            let created = file.time("created", of: item)
            let expires = file.time("expires", of: item)
            let sealed = file.string("sealed", of: item)
            guard let id, let created, let sealed else { continue }
            if result.contains(where: { $0.id == id }) { file.problem("two secrets have the id `\(id)`", at: item) }
            result.append(.init(id: id, created: created, expires: expires, sealed: sealed))
        }
        return result
    }

    static func serialize(_ record: PartnerRecord) -> [UInt8] {
        var members: [(String, JSONValue)] = [
            ("id", .string(record.id)),
            ("name", .string(record.name)),
            ("roles", .array(record.roles.map { .string($0) })),
        ]
        if let scopes = record.scopes { members.append(("scopes", .array(scopes.map { .string($0) }))) }
        members += [
            ("tenant", .string(record.tenant)),
            ("networks", .array(record.networks.map { .string($0) })),
            ("enabled", .bool(record.isEnabled)),
            ("created", .integer(record.created)),
            ("secrets", .array(record.secrets.map(serialize))),
        ]
        return JSONValue.object(members).utf8(pretty: true) + [UInt8(ascii: "\n")]
    }

    private static func serialize(_ secret: PartnerRecord.Secret) -> JSONValue {
        var members: [(String, JSONValue)] = [("id", .string(secret.id)), ("created", .integer(secret.created))]
        if let expires = secret.expires { members.append(("expires", .integer(expires))) }
        members.append(("sealed", .string(secret.sealed)))
        return .object(members)
    }
}
