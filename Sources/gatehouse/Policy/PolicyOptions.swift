import Access
import ArgumentParser
import GatewayConfiguration

/// Which policy file a command is about.
struct PolicyOptions: ParsableArguments {
    @Argument(help: "The policy file (default: the configured one, policies/policy.yaml).")
    var file: String?

    @OptionGroup var files: FileOptions

    /// The settings, as if the file were the configured one; nil when the configuration cannot be read.
    var settings: Settings? {
        files.load(file.map { [.policy: [$0]] } ?? [:]).settings
    }

    var path: String {
        file ?? files.policy ?? settings?.policy ?? "policies/policy.yaml"
    }

    /// Loads the file; where the configuration cannot be read, destinations are not judged, so that a policy can be checked by itself.
    func load() -> PolicyLoad {
        PolicyFile.load(path, upstreams: settings?.upstreamNames)
    }

    /// A policy that loads; one that does not is told, and ends the command with 1.
    func policy() throws -> Policy {
        try Self.loaded(load())
    }

    /// The same for a file by its name, whatever the configuration. Where requests go is not asked.
    static func policy(at file: String) throws -> Policy {
        try loaded(PolicyFile.load(file, upstreams: nil))
    }

    private static func loaded(_ load: PolicyLoad) throws -> Policy {
        guard let policy = load.policy else {
            Console.report(load.errors)
            throw Console.Exit.failure
        }
        return policy
    }
}
