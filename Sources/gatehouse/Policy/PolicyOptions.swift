import ArgumentParser
import GatewayConfiguration

/// Which policy file a command is about.
struct PolicyOptions: ParsableArguments {
    @Argument(help: "The policy file (default: the configured one, policies/policy.yaml).")
    var file: String?

    @OptionGroup var files: FileOptions

    /// Loads the file; where the configuration cannot be read, destinations are not judged, so that a policy can be checked by itself.
    func load() -> PolicyLoad {
        let settings = files.load().settings
        let path = file ?? files.policy ?? settings?.policy ?? "policies/policy.yaml"
        return PolicyFile.load(path, upstreams: settings?.upstreamNames)
    }
}
