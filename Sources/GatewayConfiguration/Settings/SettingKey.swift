/// The keys that a flag or an environment variable can give as well as the file.
package enum SettingKey: String, CaseIterable, Sendable {
    case listen
    case admin
    case issuer
    case audience
    case policy
    case keys
    case store
    case threads
    case logLevel = "log.level"
    case logFormat = "log.format"
    case decisions
    case tlsCertificate = "tls.certificate"
    case tlsKey = "tls.key"
    case tlsClientCA = "tls.clientCA"
    case trustedProxies
    case decide
    case shadowPolicy
    case insecureHttp

    /// The flag, with its dashes: `--listen`.
    package var flag: String {
        // One flag is one proxy, so its name is in the singular.
        self == .trustedProxies ? "--trusted-proxy" : "--" + words.joined(separator: "-")
    }

    package var environmentName: String { "GATEHOUSE_" + words.joined(separator: "_").uppercased() }

    /// The key's place in the file: `log.level` is `level` under `log`.
    var path: [String] { rawValue.split(separator: ".").map(String.init) }

    /// Lower case: `tls.clientCA` is tls, client, ca.
    private var words: [String] {
        var words = [""]
        var wasUpper = false
        for character in rawValue {
            if character == "." || character.isUppercase && !wasUpper { words.append("") }
            if character != "." { words[words.count - 1] += character.lowercased() }
            wasUpper = character.isUppercase
        }
        return words
    }
}
