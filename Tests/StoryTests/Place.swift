import Foundation
import StrictJSON
import Testing

/// A folder with the shipped policy and new keys, in which the built program is run as its users run it. Removed at the end.
final class Place: Sendable {
    let path: String

    /// What a command came to.
    struct Result {
        let status: Int32
        let output: String
        let error: String
    }

    struct Partner: Sendable {
        let id: String
        let secret: String

        var basicCredentials: String { Data("\(id):\(secret)".utf8).base64EncodedString() }
    }

    /// - Parameter policy: nil: the one in `policies/`.
    init(policy: String? = nil) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: "\(path)/policies", withIntermediateDirectories: true)
        try write("policies/policy.yaml", policy ?? Self.shippedPolicy)
        let made = try run("init")
        try #require(made.status == 0, "\(made.error)")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    static let shippedPolicy: String = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return (try? String(contentsOf: root.appendingPathComponent("policies/policy.yaml"), encoding: .utf8)) ?? ""
    }()

    /// The shipped policy with one text in the place of another, which must be there.
    static func policy(with new: String, for old: String, _ location: SourceLocation = #_sourceLocation) throws -> String {
        try #require(shippedPolicy.contains(old), sourceLocation: location)
        return shippedPolicy.replacing(old, with: new, maxReplacements: 1)
    }

    // MARK: Files

    /// A policy is put in its place whole, as editors do: a gateway that runs would say of a half of it that it is wrong. Other files keep
    /// their mode.
    func write(_ name: String, _ text: String) throws {
        let options: Data.WritingOptions = name.hasPrefix("policies/") ? .atomic : []
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"), options: options)
    }

    func read(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }

    func setMode(_ mode: Int, of name: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: NSNumber(value: mode)], ofItemAtPath: "\(path)/\(name)")
    }

    /// The records of the decision log that are written so far.
    func decisions() throws -> [String] {
        try read("data/decisions.jsonl").split(separator: "\n").map(String.init)
    }

    // MARK: Commands

    @discardableResult
    func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Result {
        try run(arguments, environment: environment)
    }

    func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Result {
        let program = try Program(arguments, in: path, environment: environment)
        defer { program.end() }
        let status = try program.status()
        return Result(status: status, output: program.output, error: program.errors.lines.map { $0 + "\n" }.joined())
    }

    func addPartner(_ id: String, role: String = "partner-writer") throws -> Partner {
        let result = try run("partner", "add", id, "--name", "Partner \(id)", "--role", role, "--json")
        let json = try #require(try? JSONDocument(Array(result.output.utf8)).root, "\(result.error)")
        return Partner(id: id, secret: try #require(json["client_secret"]?.string))
    }

    /// `serve` that is expected not to start.
    func serveFails(_ arguments: String..., environment: [String: String] = [:]) throws -> Result {
        try run(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"] + arguments, environment: environment)
    }

    /// Runs a gateway on free ports for as long as `body` takes; then it is ended if it still runs.
    func serving<Answer>(
        _ arguments: String..., environment: [String: String] = [:], _ body: (Gateway) throws -> Answer
    ) throws -> Answer {
        let program = try Program(
            ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--threads", "2"] + arguments, in: path, environment: environment
        )
        defer { program.end() }
        return try body(try Gateway(program, of: self))
    }
}
