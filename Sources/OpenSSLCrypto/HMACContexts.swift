import COpenSSL
import Synchronization

/// The OpenSSL contexts of one HMAC key: an immutable template, and slots with a context each that one thread takes at a time.
///
/// Starting again on a context of one's own (0.30 us for 300 bytes of SHA-256) beats duplicating the template (0.51 us), so that is
/// what a thread does: it begins at the slot its thread id points at, takes the first that is free by one compare-and-swap, and
/// gives it back by one store. It never waits: when all are taken it duplicates the template, which nobody changes.
///
/// INVARIANT (one thread per context): a slot's context is touched only between winning `isTaken` and giving it back.
@safe
// unchecked: the template is never changed after `init`; the slots are guarded by their flags, as the invariant says.
final class HMACContexts: @unchecked Sendable {
    private let template: OpaquePointer
    private let slots: [Slot]

    /// A power of two. More event loops than this on one key at the same instant fall back to duplicating.
    private static let slotCount = 8

    init(_ algorithm: HashAlgorithm, key: SecretBytes) {
        unsafe template = required(EVP_MAC_CTX_new(OpenSSLAlgorithms.hmac), "HMAC context")
        slots = (0..<Self.slotCount).map { _ in Slot() }
        let prepared = key.withBytes { bytes in
            unsafe Self.prepare(template, algorithm, bytes)
        }
        require(prepared, "prepare an HMAC key")
    }

    deinit { unsafe EVP_MAC_CTX_free(template) }  // OpenSSL clears the key in it

    /// Lends a context that holds the key and no message yet, to this thread alone.
    @unsafe
    func withContext(_ body: (OpaquePointer) -> Void) {
        // Thread ids are addresses of thread control blocks, far apart and alike in their low bits: take the product's top three bits.
        let thread = gatehouse_thread_number() &* 0x9E37_79B9_7F4A_7C15
        let first = Int(truncatingIfNeeded: thread >> 61)
        for step in 0..<Self.slotCount {
            let slot = slots[(first &+ step) & (Self.slotCount - 1)]
            guard slot.isTaken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else { continue }
            defer { slot.isTaken.store(false, ordering: .releasing) }
            if let context = unsafe slot.context {
                // unsafe: ours by the invariant. No key given: OpenSSL goes back to the key blocks it has hashed.
                require(unsafe EVP_MAC_init(context, nil, 0, nil) == 1, "begin a MAC")
                return unsafe body(context)
            }
            let context = unsafe required(EVP_MAC_CTX_dup(template), "HMAC context")
            unsafe slot.context = context
            return unsafe body(context)
        }
        let context = unsafe required(EVP_MAC_CTX_dup(template), "HMAC context")
        defer { unsafe EVP_MAC_CTX_free(context) }
        unsafe body(context)
    }

    @unsafe
    private static func prepare(_ context: OpaquePointer, _ algorithm: HashAlgorithm, _ key: Span<UInt8>) -> Bool {
        var none: UInt8 = 0
        return unsafe key.withUnsafeBufferPointer { bytes in
            unsafe withUnsafeMutablePointer(to: &none) { none in
                let parameters = unsafe [OSSL_PARAM.text("digest", algorithm.openSSLName), OSSL_PARAM_construct_end()]
                // unsafe: OpenSSL copies the key; an empty key is told from no key by a pointer that is not nil.
                return unsafe EVP_MAC_init(context, bytes.baseAddress ?? UnsafePointer(none), bytes.count, parameters) == 1
            }
        }
    }

    /// One context and who has it.
    @safe
    private final class Slot: @unchecked Sendable {  // unchecked: see the invariant above
        let isTaken = Atomic<Bool>(false)
        var context: OpaquePointer?

        deinit { unsafe EVP_MAC_CTX_free(context) }
    }
}
