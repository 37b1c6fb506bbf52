import COpenSSL

extension OSSL_PARAM {
    /// A parameter whose value is a name.
    ///
    /// OpenSSL keeps the pointers of both, so both are static strings: the macros of `core_names.h` arrive in Swift as strings whose
    /// bytes live for one call only.
    @unsafe
    static func text(_ name: StaticString, _ value: StaticString) -> OSSL_PARAM {
        // unsafe: OpenSSL only reads through the pointer (its parameter type has no const).
        unsafe OSSL_PARAM_construct_utf8_string(
            name.utf8Start.cChars, UnsafeMutablePointer(mutating: value.utf8Start.cChars), value.utf8CodeUnitCount)
    }

    /// A parameter whose value is bytes, which must live as long as the parameter is used.
    @unsafe
    static func octets(_ name: StaticString, _ value: UnsafeRawBufferPointer) -> OSSL_PARAM {
        // unsafe: as above.
        unsafe OSSL_PARAM_construct_octet_string(
            name.utf8Start.cChars, UnsafeMutableRawPointer(mutating: value.baseAddress), value.count)
    }
}

extension UnsafePointer<UInt8> {
    /// The same bytes as C's `char`.
    fileprivate var cChars: UnsafePointer<CChar> { unsafe UnsafeRawPointer(self).assumingMemoryBound(to: CChar.self) }
}
