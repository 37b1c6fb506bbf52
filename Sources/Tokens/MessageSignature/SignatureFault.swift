/// What is wrong with a signed request, told to the one who signed it: the component or parameter, and what to change.
///
/// It never holds key material or the expected MAC, and nothing that differs between a key that is unknown and a MAC that is wrong.
package struct SignatureFault: Error, Equatable, Sendable {
    /// The name of a covered component (`@path`, `content-digest`), a parameter (`created`) or a header (`signature-input`), as the request
    /// or the rules spell it. At most 64 characters.
    package let component: String
    /// A sentence for people.
    package let detail: String

    package init(_ component: String, _ detail: String) {
        self.component = component.utf8.count <= 64 ? component : String(component.prefix(63)) + "…"
        self.detail = detail
    }

    /// One answer for a key that is not known, one that has ended, and a MAC that differs (attacks row M-08).
    package static let mismatch = SignatureFault(
        "signature",
        "The signature is not that of this request under a live secret of the key id. Compare the signature base "
            + "(POST /oauth2/signature-check shows it), then the key: HKDF-SHA-256 of the client secret, no salt, "
            + "info `gatehouse request signing v1`, 32 bytes."
    )
}
