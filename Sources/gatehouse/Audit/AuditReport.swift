import Foundation
import GatewayServer
import StrictJSON

/// Why a file could not be verified at all.
struct AuditReadError: Error, CustomStringConvertible {
    let description: String
}

/// What came of reading decision logs in their order.
struct AuditReport {
    struct Broken {
        let file: String
        /// From 1.
        let line: Int
        let why: DecisionChainCheck.Fault
    }

    private var check = DecisionChainCheck()
    private var files: [(name: String, records: Int)] = []
    private(set) var broken: Broken?

    /// Bytes read at once.
    private static let chunkSize = 1 << 20

    /// Reads one more file, up to its first broken line.
    mutating func read(_ name: String) throws(AuditReadError) {
        let handle: FileHandle
        do { handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: name)) } catch {
            let isThere = FileManager.default.fileExists(atPath: name)
            throw AuditReadError(description: "\(name): \(isThere ? "cannot be read by this user" : "no such file")")
        }
        defer { try? handle.close() }
        var records = 0
        defer { files.append((name, records)) }
        var rest: [UInt8] = []
        var isLastTry = false
        while true {
            let chunk: [UInt8]
            do { chunk = Array(try handle.read(upToCount: Self.chunkSize) ?? Data()) } catch {
                throw AuditReadError(description: "\(name): is no file that can be read")
            }
            if chunk.isEmpty {
                if rest.isEmpty { return }
                guard isLastTry else {
                    // A gateway may be in the middle of this very line.
                    isLastTry = true
                    Thread.sleep(forTimeInterval: 0.2)
                    continue
                }
                return broken = Broken(file: name, line: records + 1, why: .incomplete)
            }
            rest += chunk
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                do throws(DecisionChainCheck.Fault) { try check.read(rest[start..<end]) } catch {
                    return broken = Broken(file: name, line: records + 1, why: error)
                }
                records += 1
                start = end + 1
            }
            rest.removeSubrange(..<start)
        }
    }

    private var records: Int { files.reduce(0) { $0 + $1.records } }

    private static func text(_ hash: [UInt8]?) -> String? { hash.map { String(decoding: $0, as: UTF8.self) } }

    var json: JSONValue {
        .object([
            ("ok", .bool(broken == nil)),
            ("records", .integer(Int64(records))),
            ("files", .array(files.map { .object([("file", .string($0.name)), ("records", .integer(Int64($0.records)))]) })),
            ("continues", Self.text(check.first).map { check.beginsInTheMiddle ? .string($0) : .null } ?? .null),
            ("last_hash", Self.text(check.last).map { .string($0) } ?? .null),
            (
                "broken",
                broken.map { .object([("file", .string($0.file)), ("line", .integer(Int64($0.line))), ("why", .string("\($0.why)"))]) }
                    ?? .null
            ),
        ])
    }

    var text: String {
        var lines = files.filter { $0.name != broken?.file }.map { "\($0.name): \($0.records) records, intact" }
        if check.beginsInTheMiddle, let first = Self.text(check.first) {
            lines.append("The first file begins in the middle of a chain, behind the record with the hash \(first).")
        }
        if let broken {
            lines.append("\(broken.file):\(broken.line): broken: \(broken.why)")
            lines.append("The \(records) records before it are intact.")
        } else if let last = Self.text(check.last) {
            lines.append("Last hash: \(last)")
        }
        return lines.joined(separator: "\n")
    }
}
