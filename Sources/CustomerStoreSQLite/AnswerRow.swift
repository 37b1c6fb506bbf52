import Customers
import Foundation
import GRDB

/// A row of the table `answers`: the only place that knows its columns.
enum AnswerRow {
    /// So many answers that have expired go with each one that is kept: the table needs no other cleaning.
    private static let removedAtOnce = 8

    /// - Throws: `StoreError.keyReused`.
    static func recall(_ request: IdempotentRequest, at now: Int64, from database: Database) throws -> KeptAnswer? {
        let rows = try Row.fetchCursor(
            try database.cachedStatement(
                sql: "SELECT fingerprint, status, headers, body FROM answers WHERE scope = ? AND expires_at > ?"),
            arguments: [Data(request.scope), now])
        guard let row = try rows.next() else { return nil }
        guard (row[0] as Data).elementsEqual(request.fingerprint) else { throw StoreError.keyReused }
        return KeptAnswer(status: row[1], headers: headers(row[2]), body: Array(row[3] as Data))
    }

    /// - Throws: `StoreError.answered` with the answer that is kept, `StoreError.keyReused`.
    static func check(_ once: Once?, at now: Int64, in database: Database) throws {
        guard let once, let answer = try recall(once.request, at: now, from: database) else { return }
        throw StoreError.answered(answer)
    }

    static func keep(_ once: Once?, _ customer: Customer, at now: Int64, in database: Database) throws {
        guard let once else { return }
        try database.cachedStatement(
            sql: """
                DELETE FROM answers WHERE scope = ?1
                OR scope IN (SELECT scope FROM answers WHERE expires_at <= ?2 ORDER BY expires_at LIMIT \(removedAtOnce))
                """
        ).execute(arguments: [Data(once.request.scope), now])
        let answer = once.answer(customer)
        try database.cachedStatement(
            sql: "INSERT INTO answers (scope, fingerprint, status, headers, body, expires_at) VALUES (?, ?, ?, ?, ?, ?)"
        ).execute(
            arguments: [
                Data(once.request.scope), Data(once.request.fingerprint), answer.status, text(answer.headers), Data(answer.body),
                now + IdempotentRequest.keptMilliseconds,
            ])
    }

    private static func text(_ headers: [KeptAnswer.Header]) -> String {
        headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
    }

    private static func headers(_ text: String) -> [KeptAnswer.Header] {
        text.split(separator: "\n").map { line in
            let name = line.prefix { $0 != ":" }
            return KeptAnswer.Header(String(name), String(line.dropFirst(name.count + 2)))
        }
    }
}
