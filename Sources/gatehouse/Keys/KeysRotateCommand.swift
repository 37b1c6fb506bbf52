import ArgumentParser
import GatewayConfiguration
import GatewayCore
import StrictJSON
import Tokens

struct KeysRotateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Make a new signing key, and retire the one before it.",
        discussion: """
            What the old key signed is good until it expires. A running gateway follows within a second. Upstreams that verify assertions \
            must read /.well-known/jwks.json again when they meet a key they do not know; those with `assertion: hmac` need the new key first.
            """
    )

    @Argument(help: "Which key: token or assertion.")
    var purpose = KeyStatus.Purpose.token

    @Option(name: .long, help: "HS256, HS384 or HS512, of a token key (default: as the one before).")
    var algorithm: TokenAlgorithm?

    @OptionGroup var options: KeysOptions

    func validate() throws {
        if purpose == .assertion, algorithm != nil {
            throw ValidationError("--algorithm is for token keys: assertion keys are Ed25519 keys")
        }
    }

    func run() throws {
        let (new, retired) = try options.change { rotation throws(KeyRotation.Failure) in try rotation.rotate(purpose, algorithm: algorithm)
        }
        if options.output.json {
            return Console.print(
                .object([("use", .string(purpose.rawValue)), ("kid", .string(new)), ("retired", .string(retired))])
            )
        }
        Console.print("\(new) signs from now on; \(retired) verifies what it signed until that has expired.")
    }
}
