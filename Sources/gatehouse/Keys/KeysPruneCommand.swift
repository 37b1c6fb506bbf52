import ArgumentParser
import GatewayConfiguration
import GatewayCore
import StrictJSON

struct KeysPruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove retired keys whose last signature has expired.",
        discussion: "Leaves every key that something can still need, so it may be run at any time."
    )

    @OptionGroup var options: KeysOptions

    func run() throws {
        var removed: [(purpose: KeyStatus.Purpose, id: String)] = []
        for purpose in KeyStatus.Purpose.allCases {
            removed += try options.change { rotation throws(KeyRotation.Failure) in try rotation.prune(purpose) }.map { (purpose, $0) }
        }
        if options.output.json {
            let list = removed.map { JSONValue.object([("use", .string($0.purpose.rawValue)), ("kid", .string($0.id))]) }
            Console.print(.object([("removed", .array(list))]))
        } else if removed.isEmpty {
            Console.print("No key can be removed yet.")
        } else {
            for (purpose, id) in removed { Console.print(Console.printable("Removed the \(purpose.rawValue) key \(id).")) }
        }
    }
}
