import Access
import ArgumentParser
import Foundation
import GatewayConfiguration
import StrictJSON

struct PolicyFormatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "format",
        abstract: "Print a policy in the canonical layout, comments kept.",
        discussion: "The order of keys stays, and what is allowed to whom. With --in-place the file is rewritten and nothing is printed."
    )

    @OptionGroup var policy: PolicyOptions

    @Flag(name: .long, help: "Rewrite the file.")
    var inPlace = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        let path = policy.path
        guard let bytes = FileManager.default.contents(atPath: path) else { throw Console.fail("the policy \(path) cannot be read") }
        let format = PolicyFormat(Array(bytes), file: path)
        guard let text = format.text else {
            Console.report(format.diagnostics)
            throw Console.Exit.failure
        }
        if inPlace, format.isChanged {
            do { try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
                throw Console.fail("the policy \(path) cannot be written")
            }
        }
        if output.json {
            Console.print(.object([("file", .string(path)), ("changed", .bool(format.isChanged)), ("text", .string(text))]))
        } else if !inPlace {
            // The text ends in a line feed of its own.
            Console.print(String(text.dropLast()))
        }
    }
}
