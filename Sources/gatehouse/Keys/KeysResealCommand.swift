import ArgumentParser
import GatewayConfiguration
import StrictJSON

struct KeysResealCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reseal", abstract: "Make a new seal key, and seal the secrets of all partners with it.",
        discussion: """
            A running gateway can open every secret at every moment of it. Broken off, it is completed by the next call. Copies of the partners' \
            files from before are opened by the old seal key alone: keep it as long as you keep them.
            """
    )

    @OptionGroup var options: PartnerOptions

    func run() throws {
        let registry = try options.registry()
        let resealed = try options.attempt { () throws(PartnerError) in try registry.reseal() }
        if options.output.json {
            return Console.print(
                .object([
                    ("partners", .integer(Int64(resealed.partners))), ("secrets", .integer(Int64(resealed.secrets))),
                    ("seal_key", .string(resealed.source)),
                ])
            )
        }
        Console.print("\(resealed.secrets) secrets of \(resealed.partners) partners are sealed with the new key in \(resealed.source).")
    }
}
