import Access
import Foundation
import OpenSSLCrypto
import StrictJSON
import Testing
import Tokens

@testable import GatewayConfiguration

@Suite struct KeyFolderTests {
    @Test func initMakesWhatIsMissingPrivately() throws {
        let folder = try TemporaryFolder()
        let keys = KeyFolder(path: folder.file("deep/keys"), environment: [:])
        let steps = try KeyFolderSetup(keys, environment: [:], at: 1_700_000_000).run()
        #expect(steps.allSatisfy { $0.isCreated })
        let names = ["tokens.jwks.json", "assertion.jwks.json", "session-secrets", "seal.key"]
        #expect(try folder.names("deep/keys") == ([".lock", "partners"] + names).sorted())
        for name in names { #expect(try folder.mode("deep/keys/\(name)") == 0o600) }
        for name in ["deep", "deep/keys", "deep/keys/partners"] { #expect(try folder.mode(name) == 0o700) }

        let (loaded, diagnostics) = LoadedKeys.load(keys)
        #expect(diagnostics.isEmpty)
        let key = try #require(loaded)
        #expect(key.tokens.keys.count == 1)
        #expect(key.tokens.signing.algorithm == .HS256)
        #expect(key.tokens.signing.id.hasPrefix("20231114-"))
        #expect(key.tokens.signing.created == 1_700_000_000)
        #expect(key.sessionSecrets.count == 1)
        #expect(key.sessionSecrets.first?.count == 43)
        #expect(key.assertionSigningKey.created == 1_700_000_000)
        _ = try keys.loadSealKey()
    }

    @Test func initTwiceChangesNothing() throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        func everything() throws -> [String: String] {
            var result: [String: String] = [:]
            for name in try folder.names("keys") where name != "partners" { result[name] = try folder.read("keys/\(name)") }
            return result
        }
        let before = try everything()
        let steps = try KeyFolderSetup(keys, environment: ["AUTH_SECRET": "other"], at: 1_800_000_000).run()
        #expect(steps.count == 6)
        #expect(!steps.contains { $0.isCreated })
        #expect(try everything() == before)
    }

    @Test func initMakesOnlyWhatIsMissing() throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        try FileManager.default.removeItem(atPath: folder.file("keys/seal.key"))
        try folder.write("keys/tokens.jwks.json", "not even JSON", mode: 0o644)
        let steps = try KeyFolderSetup(keys, environment: [:], at: 0).run()
        #expect(steps.filter(\.isCreated).map(\.path) == [keys.sealKeyPath])
        #expect(try folder.read("keys/tokens.jwks.json") == "not even JSON")
        #expect(try folder.mode("keys/tokens.jwks.json") == 0o644)
    }

    @Test(arguments: [
        (["AUTH_SECRET": "a"], ["a"]),
        (["NEXTAUTH_SECRET": "n"], ["n"]),
        (["AUTH_SECRET": "a", "AUTH_SECRET_1": "b", "AUTH_SECRET_2": "c", "AUTH_SECRET_3": "d"], ["d", "c", "b", "a"]),
        (["AUTH_SECRET_2": "c", "NEXTAUTH_SECRET": "n"], ["c", "n"]),
        (["AUTH_SECRET": "same", "NEXTAUTH_SECRET": "same"], ["same"]),
        (["AUTH_SECRET": "", "NEXTAUTH_SECRET": "n"], ["n"]),
        (["AUTH_SECRET_4": "x", "SECRET": "y"], []),
    ])
    func sessionSecretsComeFromWhereNextAuthLooks(environment: [String: String], secrets: [String]) throws {
        let folder = try TemporaryFolder()
        _ = try folder.keys(environment: environment)
        let lines = try folder.read("keys/session-secrets").split(separator: "\n").map(String.init)
        if secrets.isEmpty {
            #expect(lines.count == 1)
            #expect(lines.first?.count == 43)
        } else {
            #expect(lines == secrets)
        }
    }

    @Test func aSessionSecretThatTheFileCannotHoldIsRefusedUnread() throws {
        let folder = try TemporaryFolder()
        #expect {
            _ = try folder.keys(environment: ["AUTH_SECRET": "hunter2\nhunter3 "])
        } throws: { error in
            !"\(error)".contains("hunter") && "\(error)".contains("session secret")
        }
    }

    @Test func aSealKeyInTheEnvironmentGoesBeforeTheFileAndIsNotWritten() throws {
        let folder = try TemporaryFolder()
        let environment = ["GATEHOUSE_SEAL_KEY": SealKey.generateText()]
        let keys = try folder.keys(environment: environment)
        #expect(!FileManager.default.fileExists(atPath: keys.sealKeyPath))
        _ = try keys.loadSealKey()
        try folder.write("keys/seal.key", "nonsense")
        _ = try keys.loadSealKey()
        #expect(throws: SealKeyError.notAKey) { try KeyFolder(path: keys.path, environment: [:]).loadSealKey() }
    }

    @Test(arguments: [
        "", "short", String(repeating: "A", count: 42), String(repeating: "A", count: 44), String(repeating: "A", count: 43) + "=",
        String(repeating: "+", count: 43), String(repeating: "A", count: 42) + "B",
    ])
    func whatIsNoSealKeyIsRefused(text: String) {
        #expect(throws: SealKeyError.notAKey) { try SealKey(text: SecretBytes(Array(text.utf8))) }
    }

    @Test func aSealKeyMayEndWithItsLine() throws {
        _ = try SealKey(text: SecretBytes(Array(" \(SealKey.generateText())\r\n".utf8)))
    }

    /// Every file of the folder, missing or open to others.
    @Test(arguments: ["tokens.jwks.json", "assertion.jwks.json", "session-secrets"])
    func aKeyFileThatIsMissingOrOpenToOthersIsAnErrorThatNamesIt(name: String) throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        let path = folder.file("keys/\(name)")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        let open = LoadedKeys.load(keys)
        #expect(open.keys == nil)
        #expect(open.diagnostics.map(\.rendered) == ["\(path): error: group or others can read it (mode 0640): chmod 600 \(path)"])
        try FileManager.default.removeItem(atPath: path)
        let missing = LoadedKeys.load(keys)
        #expect(missing.keys == nil)
        #expect(missing.diagnostics.map(\.rendered) == ["\(path): error: is missing: `gatehouse init` makes the keys that are not there"])
    }

    @Test(arguments: [(0o777, false), (0o702, false), (0o775, true), (0o755, true)])
    func aFolderThatEverybodyCanChangeIsRefused(mode: Int, isFine: Bool) throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        for path in [keys.path, keys.partnersPath] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            let (loaded, diagnostics) = LoadedKeys.load(keys)
            #expect((loaded != nil) == isFine)
            if !isFine { #expect(diagnostics.first?.rendered.hasSuffix("chmod 700 \(path)") == true) }
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        }
    }

    @Test func allMistakesAreToldAtOnceAndNothingIsLoaded() throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        try folder.write("keys/tokens.jwks.json", #"{"keys": []}"#)
        try folder.write("keys/assertion.jwks.json", "{\n  \"keys\": [}\n")
        try folder.write("keys/session-secrets", "good-enough-secret-of-forty-characters-xx\nbad \n")
        let (loaded, diagnostics) = LoadedKeys.load(keys)
        #expect(loaded == nil)
        #expect(
            diagnostics.map(\.rendered) == [
                "\(keys.tokenKeysPath): error: the set holds no key",
                "\(keys.assertionKeysPath):2:12: error: not valid JSON: unexpected character at byte 13",
                "\(keys.sessionSecretsPath):2:1: error: the secret begins or ends with white space; if the file has Windows line ends, `sed -i 's/\\r$//'` mends them",
            ]
        )
    }

    @Test(
        arguments: [
            ("", [], nil),
            ("\n\n", [], nil),
            ("0123456789012345678901234567890123456789\n", [40], nil),
            ("0123456789012345678901234567890123456789\nabcdefghijabcdefghijabcdefghijabcdefghij", [40, 40], nil),
            ("short\n", [5], "1:1: warning: the secret is shorter than 32 characters"),
            ("0123456789012345678901234567890123456789\r\n", nil, "1:1: error: the secret begins or ends with white space"),
            (" 0123456789012345678901234567890123456789", nil, "1:1: error: the secret begins or ends with white space"),
            ("01234567890123456789\t012345678901234567890", nil, "1:1: error: the secret has control characters"),
            (
                "0123456789012345678901234567890123456789\n0123456789012345678901234567890123456789", nil,
                "2:1: error: the secret stands on an earlier line too"
            ),
        ] as [(String, [Int]?, String?)])
    func aSessionSecretsFileIsReadLineByLine(text: String, lengths: [Int]?, problem: String?) {
        var diagnostics: [Diagnostic] = []
        let secrets = SessionSecretsFile.parse(Array(text.utf8), path: "s", diagnostics: &diagnostics)
        #expect(secrets?.map(\.count) == lengths)
        #expect(diagnostics.count == (problem == nil ? 0 : 1))
        if let problem { #expect(diagnostics.first?.rendered.hasPrefix("s:\(problem)") == true) }
    }

    // MARK: Assertion keys

    /// RFC 8037 appendix A: the key and its thumbprint.
    private static let rfcKey =
        #"{"kty":"OKP","crv":"Ed25519","kid":"a","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#

    @Test func theThumbprintIsThatOfRFC8037() {
        #expect(
            AssertionKey.thumbprint(publicKey: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
                == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    }

    @Test func thePublicKeySetHoldsNoPrivatePart() throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        let text = try #require(LoadedKeys.load(keys).keys).publicKeySet.serialized()
        #expect(!text.contains("\"d\""))
        #expect(text.contains("\"crv\":\"Ed25519\""))
        let secret = try JSONDocument(Array(try folder.read("keys/assertion.jwks.json").utf8)).root["keys"]?.elements.first?["d"]?.string
        #expect(secret?.count == 43)
        #expect(!text.contains(try #require(secret)))
    }

    @Test(arguments: [
        (#"[]"#, "1:1: error: a key set must be an object, not array"),
        (#"{}"#, "1:1: error: a key set has no `keys`"),
        (#"{"keys":{}}"#, "1:9: error: `keys` must be a list"),
        (#"{"keys":[]}"#, "1:9: error: there is no key that may sign: the set needs one that is not retired"),
        (#"{"keys":[1]}"#, "1:10: error: an assertion key must be an object, not number"),
        (#"{"keys":[KEY,KEY]}"#, "1:150: error: two keys have the kid `a`"),
        (#"{"keys":[KEY],"key":1}"#, "1:157: error: unknown key `key` in a key set (did you mean `keys`?)"),
    ])
    func aSetOfAssertionKeysIsReadStrictly(json: String, problem: String) {
        var diagnostics: [Diagnostic] = []
        let text = json.replacing("KEY", with: Self.rfcKey)
        #expect(AssertionKeyFile.parse(Array(text.utf8), path: "a", diagnostics: &diagnostics) == nil)
        #expect(diagnostics.map(\.rendered) == ["a:\(problem)"])
    }

    @Test(arguments: [
        (#""OKP""#, #""EC""#, "`kty` must be `OKP`"),
        (#""Ed25519""#, #""X25519""#, "`crv` must be `Ed25519`"),
        (#""kid":"a""#, #""kid":"""#, "`kid` must be 1 to 128 printable characters"),
        (#""kid":"a""#, #""kid":"a","alg":"HS256""#, "`alg` must be `EdDSA`"),
        (#""kid":"a""#, #""kid":"a","use":"enc""#, "`use` must be `sig`"),
        (#""kid":"a","#, "", "an assertion key has no `kid`"),
        (#""kid":"a""#, #""kid":"a","created":"today""#, "`created` must be unix seconds, a whole number"),
        (#""kid":"a""#, #""kid":"a","retired":5"#, "there is no key that may sign: the set needs one that is not retired"),
        ("nWGxne", "nWGxn", "`d` must be 32 bytes in base64url"),
        ("nWGxne", "nWGxnf", "`x` is not the public key that belongs to `d`"),
        ("URo\"", "URo=\"", "`x` must be 32 bytes in base64url"),
    ])
    func anAssertionKeyIsReadStrictly(find: String, replace: String, problem: String) {
        var diagnostics: [Diagnostic] = []
        let text = "{\"keys\":[\(Self.rfcKey.replacing(find, with: replace))]}"
        #expect(AssertionKeyFile.parse(Array(text.utf8), path: "a", diagnostics: &diagnostics) == nil)
        #expect(diagnostics.map(\.message) == [problem])
        #expect(!diagnostics.contains { $0.rendered.contains("nWGxn") })
    }

    @Test func theFirstKeyThatIsNotRetiredSigns() throws {
        var diagnostics: [Diagnostic] = []
        let retired = Self.rfcKey.replacing(#""kid":"a""#, with: #""kid":"old","retired":1700000000"#)
        let text = "{\"keys\":[\(retired),\(Self.rfcKey)]}"
        let keys = try #require(AssertionKeyFile.parse(Array(text.utf8), path: "a", diagnostics: &diagnostics))
        #expect(keys.map(\.id) == ["old", "a"])
        #expect(keys.first { $0.retired == nil }?.id == "a")
    }

    // MARK: The stamp

    @Test func theStampChangesWithEveryFileAndOnlyThen() throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        let before = keys.stamp
        #expect(keys.stamp == before)
        // The lock is taken by commands that change nothing.
        try FolderLock.hold(folder: keys.path) {}
        #expect(keys.stamp == before)
        try PrivateFile.replace(keys.sealKeyPath, contents: try PrivateFile.read(keys.sealKeyPath))
        let replaced = keys.stamp
        #expect(replaced != before)
        try PrivateFile.create(keys.partnerPath("acme"), contents: [])
        let added = keys.stamp
        #expect(added != replaced)
        // A mode that was mended is worth another look.
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: keys.sealKeyPath)
        #expect(keys.stamp != added)
        try PrivateFile.remove(keys.partnerPath("acme"))
        #expect(keys.stamp != added)
    }
}
