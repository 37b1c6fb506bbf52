import GatewayCore
import GatewayServer
import OpenSSLCrypto
import Tokens

/// One upstream as a test configures it: where its servers are, and what the head of its requests depends on.
struct TestUpstream: Sendable {
    let target: UpstreamTarget
    let profile: UpstreamProfile

    init(_ target: UpstreamTarget, _ profile: UpstreamProfile) {
        self.target = target
        self.profile = profile
    }

    /// Times in milliseconds.
    init(
        _ name: String = "app", _ ports: [Int], strip: String? = nil, preservesHost: Bool = true, signer: AssertionSigner = .none,
        connect: Int64 = 10_000, response: Int64 = 15_000, idle: Int64 = 15_000, retries: Int = 1, connections: Int = 128,
        health: UpstreamTarget.Health? = nil
    ) {
        target = UpstreamTarget(
            name: name, servers: ports.map { .init(host: "127.0.0.1", port: $0, authority: "127.0.0.1:\($0)") },
            connectMilliseconds: connect, responseMilliseconds: response, idleMilliseconds: idle, retries: retries,
            connections: connections, health: health
        )
        profile = UpstreamProfile(name: name, strip: strip, preservesHost: preservesHost, signer: signer)
    }

    static func app(_ upstream: RecordingUpstream) -> TestUpstream { TestUpstream("app", [upstream.port]) }
}

/// The keys of the assertion, and their public half as `/.well-known/jwks.json` shows it.
enum TestAssertion {
    static let seed = RandomBytes.generate(32)

    static func ed25519() throws -> AssertionSigner { .ed25519(kid: "assertion-1", try Ed25519.PrivateKey(seed: SecretBytes(seed))) }

    static func hmacKey(upstream: String) throws -> HMACKey {
        HMACKey(.sha256, key: try UpstreamProfile.hmacKey(seed: SecretBytes(seed), upstream: upstream))
    }

    static let publicKeySet: [UInt8] = {
        guard let key = try? Ed25519.PrivateKey(seed: SecretBytes(seed)) else { return [] }
        let x = Base64URL.encode(key.publicKey.bytes)
        return Array(#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"assertion-1","alg":"EdDSA","use":"sig","x":"\#(x)"}]}"#.utf8)
    }()
}
