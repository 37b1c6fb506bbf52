package import Access
package import StrictJSON

/// What `gatehouse policy routes` answers: every route and who may use it, in the order of the file.
package struct PolicyRoutes: Sendable {
    package struct Row: Sendable {
        package let route: Route
        package let access: [RouteAccess]

        /// Role names, joined by ` + ` where several are needed together; a caller's name where any of its principals may; `everyone`.
        /// Empty: nobody.
        package var who: [String] {
            if route.isPublic { return access.isEmpty ? [] : ["everyone"] }
            var result: [String] = []
            for entry in access {
                let name = entry.roles.isEmpty ? "any \(entry.caller)" : entry.roles.joined(separator: " + ")
                if !result.contains(name) { result.append(name) }
            }
            return result
        }
    }

    package let rows: [Row]

    package init(_ policy: Policy) {
        rows = policy.routes.map { Row(route: $0, access: policy.access(to: $0)) }
    }

    /// `{"routes": [{"id", "methods", "path", "who", "public"}]}`, with `to`, and in `access` who by caller.
    package var json: JSONValue {
        ["routes": .array(rows.map(\.json))]
    }

    /// A header and one line a route, in columns.
    package var lines: [String] {
        let cells = rows.map { row in
            [row.route.id, row.methods.joined(separator: " "), row.route.pattern.text, row.whoText]
        }
        return TextColumns.lines([["ROUTE", "METHODS", "PATH", "WHO"]] + cells)
    }
}

extension PolicyRoutes.Row {
    /// HEAD goes without saying where GET is.
    fileprivate var methods: [String] {
        let methods = route.methods.methods.filter { $0 != .head || !route.methods.contains(.get) }
        return methods.map(\.name)
    }

    fileprivate var whoText: String {
        if route.isClosed { return "nobody (closed)" }
        var text = who.isEmpty ? "nobody" : who.joined(separator: ", ")
        if route.signed == .required { text += " (signed)" }
        return text
    }

    fileprivate var json: JSONValue {
        [
            "id": .string(route.id),
            "methods": .array(route.methods.methods.map { .string($0.name) }),
            "path": .string(route.pattern.text),
            "who": .array(who.map { .string($0) }),
            "public": .bool(route.isPublic),
            "to": .string(route.destination.name),
            "access": .array(
                access.map { entry in
                    [
                        "caller": .string(entry.caller),
                        "roles": .array(entry.roles.map { .string($0) }),
                        "objects": entry.objects.map { .string($0.rawValue) } ?? .null,
                    ]
                }
            ),
        ]
    }
}

/// Text in columns, two spaces apart; the last column is not padded.
enum TextColumns {
    static func lines(_ rows: [[String]]) -> [String] {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.count)
            }
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }.joined(separator: "  ")
        }
    }
}
