/// A message signature as two headers state it (RFC 9421 section 4), taken apart and believed in nothing.
///
/// There is exactly one label, in both headers. Others, even of somebody else's tag, are refused: a signature that is present and that
/// nobody judged is one too many (attacks row M-10).
package struct UnverifiedMessageSignature: Sendable {
    package let label: String
    /// Names of the covered components in their order, none twice, none with parameters.
    package let components: [String]
    /// Unix seconds.
    package let created: Int64?
    /// Unix seconds.
    package let expires: Int64?
    package let nonce: String?
    package let keyID: String?
    package let algorithm: String?
    package let tag: String?
    /// The value of `@signature-params`: the components and parameters as they were sent.
    let parameters: [UInt8]
    let mac: [UInt8]

    /// So many components may be covered, inclusive.
    package static let maximumComponents = 64

    /// - Parameters:
    ///   - input: the value of `Signature-Input`; nil: the header is missing.
    ///   - signature: the value of `Signature`; nil: the header is missing.
    /// - Throws: what stands in the way of reading them, first thing first.
    package init(input: [UInt8]?, signature: [UInt8]?) throws(SignatureFault) {
        guard let input else { throw SignatureFault("signature-input", "The `Signature-Input` header is missing.") }
        guard let signature else { throw SignatureFault("signature", "The `Signature` header is missing.") }
        var reader = StructuredFieldReader(input)
        guard let label = reader.key(), reader.take("=") else {
            throw SignatureFault("signature-input", "`Signature-Input` must begin with a label and `=`, such as `gatehouse=(`.")
        }
        let start = reader.position
        components = try Self.components(&reader)
        let values = try Parameters(&reader)
        created = values.created
        expires = values.expires
        nonce = values.nonce
        keyID = values.keyID
        algorithm = values.algorithm
        tag = values.tag
        self.label = label
        parameters = Array(input[start...])
        mac = try Self.mac(signature, label: label)
    }

    /// `inner-list = "(" [ sf-string *( SP sf-string ) ] ")"`
    private static func components(_ reader: inout StructuredFieldReader) throws(SignatureFault) -> [String] {
        guard reader.take("(") else {
            throw SignatureFault(
                "signature-input", "After the label, `Signature-Input` must have the list of covered components in parentheses.")
        }
        var components: [String] = []
        if reader.take(")") { return components }
        repeat {
            guard let name = reader.string() else {
                throw SignatureFault(
                    "signature-input", "Covered components are quoted names with one space between them, such as `(\"@method\" \"@path\")`."
                )
            }
            guard isComponentName(name) else {
                throw SignatureFault(
                    name, "A covered component has the lower-case name of a header, or a derived one that begins with `@`.")
            }
            if reader.take(";") {
                throw SignatureFault(
                    name, "Component parameters (`bs`, `sf`, `key`, `name`, `req`, `tr`) are not accepted: cover the whole value.")
            }
            guard !components.contains(name) else { throw SignatureFault(name, "The component is covered twice.") }
            guard components.count < maximumComponents else {
                throw SignatureFault("signature-input", "At most \(maximumComponents) components may be covered.")
            }
            components.append(name)
        } while reader.take(" ")
        guard reader.take(")") else {
            throw SignatureFault("signature-input", "The list of covered components does not end with `)`.")
        }
        return components
    }

    /// The lower-case name of a field, or `@` and one.
    private static func isComponentName(_ name: String) -> Bool {
        let body = name.utf8.first == UInt8(ascii: "@") ? name.utf8.dropFirst() : name.utf8[...]
        return !body.isEmpty
            && body.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    private static func mac(_ field: [UInt8], label: String) throws(SignatureFault) -> [UInt8] {
        var reader = StructuredFieldReader(field)
        guard reader.key() == label, reader.take("=") else {
            throw SignatureFault("signature", "`Signature` must begin with the label of `Signature-Input`, which is `\(label)`, and `=`.")
        }
        guard let mac = reader.byteSequence() else {
            throw SignatureFault("signature", "The signature must be canonical base64 with padding between two colons.")
        }
        guard reader.isAtEnd else { throw SignatureFault("signature", "Something follows the signature; send exactly one label.") }
        return mac
    }

    /// `*( ";" key "=" bare-item )`, each known one once
    private struct Parameters {
        var created: Int64?
        var expires: Int64?
        var nonce: String?
        var keyID: String?
        var algorithm: String?
        var tag: String?

        init(_ reader: inout StructuredFieldReader) throws(SignatureFault) {
            var seen: Set<String> = []
            while reader.take(";") {
                guard let name = reader.key() else {
                    throw SignatureFault("signature-input", "Parameters follow the components as `;name=value`, without spaces.")
                }
                guard seen.insert(name).inserted else { throw SignatureFault(name, "The parameter stands twice.") }
                switch name {
                case "created": created = try Self.integer(name, &reader)
                case "expires": expires = try Self.integer(name, &reader)
                case "nonce": nonce = try Self.string(name, &reader)
                case "keyid": keyID = try Self.string(name, &reader)
                case "alg": algorithm = try Self.string(name, &reader)
                case "tag": tag = try Self.string(name, &reader)
                default:
                    throw SignatureFault(
                        name, "The parameters are created, nonce, keyid and tag, and optionally alg and expires; no others.")
                }
            }
            guard reader.isAtEnd else {
                throw SignatureFault(
                    "signature-input", "Something follows the parameters of the signature; send exactly one label, without spaces.")
            }
        }

        private static func integer(_ name: String, _ reader: inout StructuredFieldReader) throws(SignatureFault) -> Int64 {
            guard reader.take("="), let value = reader.integer() else {
                throw SignatureFault(name, "The parameter is a whole number of unix seconds, without quotes.")
            }
            return value
        }

        private static func string(_ name: String, _ reader: inout StructuredFieldReader) throws(SignatureFault) -> String {
            guard reader.take("="), let value = reader.string() else {
                throw SignatureFault(name, "The parameter is a text in double quotes.")
            }
            return value
        }
    }
}
