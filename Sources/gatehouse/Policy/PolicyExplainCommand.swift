import Access
import ArgumentParser
import GatewayConfiguration
import GatewayCore

struct PolicyExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say how one request would be decided, and why; exit code 0 when it is allowed, 3 when it is denied.",
        discussion: "Works offline, on the policy and the key files. Who asks is one of --token, --session, --partner, --caller and "
            + "--anonymous. What only a running gateway knows is not asked: revocations, rates, and whether a signature holds."
    )

    @OptionGroup var policy: PolicyOptions

    @Option(name: .long, help: ArgumentHelp("The method, such as GET.", valueName: "method"))
    var method: String

    @Option(name: .long, help: ArgumentHelp("The path, with or without a query.", valueName: "path"))
    var path: String

    @OptionGroup(title: "Who asks") var asking: ExplainedAsking

    @Option(name: .long, help: ArgumentHelp("Whose the object of the path is: a tenant (default: the caller's own).", valueName: "tenant"))
    var owner: String?

    @Option(name: .long, help: ArgumentHelp("The address that the request comes from (default: none that a rule names).", valueName: "ip"))
    var network: String?

    @Flag(name: .long, help: "The request is signed, and its signature holds.")
    var signed = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let network, IPAddress(network) == nil { throw ValidationError("--network must be an IP address, not `\(network)`") }
    }

    func run() throws {
        let loaded = try policy.policy()
        let found = try asking.subject(under: loaded, policy)
        let context = AccessContext(
            network: network.flatMap { IPAddress($0) }, isSigned: signed,
            ownership: owner.map { $0 == found.tenant ? .own : .other } ?? .unknown
        )
        let explanation: PolicyExplanation
        do {
            explanation = try PolicyExplanation(method, target: path, as: found.subject, in: context, by: loaded)
        } catch {
            throw Console.fail(error.message + (error.suggestion.map { " (did you mean `\($0)`?)" } ?? ""))
        }
        if output.json {
            Console.print(explanation.json)
        } else {
            Console.print(explanation.lines, colours: ["allow": .green, "deny": .red, "hit": .green, "miss": .red])
        }
        if explanation.exitCode != 0 { throw ExitCode(explanation.exitCode) }
    }
}
