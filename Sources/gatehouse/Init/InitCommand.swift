import ArgumentParser
import Foundation
import GatewayConfiguration
import StrictJSON

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make what is missing of the keys and data folders; nothing is ever overwritten.",
        discussion: """
            Session secrets come from AUTH_SECRET, AUTH_SECRET_1 to AUTH_SECRET_3 or NEXTAUTH_SECRET when one is set; else one is made.
            With GATEHOUSE_SEAL_KEY set, no seal key is made.
            """
    )

    @OptionGroup var files: FileOptions

    @Option(name: .long, help: ArgumentHelp("The directory to work in.", valueName: "dir"))
    var directory: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        do {
            if let directory {
                _ = try KeyFolderSetup.makeDirectory(directory)
                guard FileManager.default.changeCurrentDirectoryPath(directory) else {
                    throw FileError(path: directory, reason: "cannot be entered")
                }
            }
            let settings = try files.settings()
            let setup = KeyFolderSetup(
                settings.keyFolder(environment: FileOptions.environment), environment: FileOptions.environment, at: UnixTime.now()
            )
            let steps = try setup.run() + dataFolders(settings).map { try KeyFolderSetup.makeDirectory($0) }
            print(steps)
        } catch let error as FileError {
            throw Console.fail(error.description)
        }
    }

    /// The folders of the database and the decision log.
    private func dataFolders(_ settings: Settings) -> [String] {
        var files: [String] = []
        if case .sqlite(let path) = settings.store { files.append(path) }
        if case .file(let path) = settings.decisions { files.append(path) }
        let folders = files.map { ($0 as NSString).deletingLastPathComponent }.filter { !$0.isEmpty && $0 != "/" }
        return folders.count == 2 && folders[0] == folders[1] ? [folders[0]] : folders
    }

    private func print(_ steps: [KeyFolderSetup.Step]) {
        func paths(_ isCreated: Bool) -> JSONValue { .array(steps.filter { $0.isCreated == isCreated }.map { .string($0.path) }) }
        if output.json { return Console.print(.object([("created", paths(true)), ("kept", paths(false))])) }
        for step in steps {
            Console.print(
                "\(step.isCreated ? Console.styled("made", .green) : Console.styled("kept", .dim))  \(Console.printable(step.path))")
        }
    }
}
