/// A block of addresses, for networks in a policy, a partner's networks and trusted proxies.
package struct CIDR: Hashable, Sendable {
    package let address: IPAddress
    /// 0...32 or 0...128 bits.
    package let prefix: Int

    private let highMask: UInt64
    private let lowMask: UInt64

    /// Reads `ADDRESS/BITS`; an address alone is that one host.
    ///
    /// Refused, because other readers take them for much more or much less than meant (attack H-17): octets or lengths with leading
    /// zeros, IPv4-mapped IPv6 addresses, and address bits set below the mask.
    package init(parsing text: String) throws(CIDRError) {
        let bytes = Array(text.utf8)
        let slash = bytes.firstIndex(of: UInt8(ascii: "/")) ?? bytes.endIndex
        guard let parsed = IPAddressParser.parse(Array(bytes[..<slash])) else {
            throw CIDRError(message: "not an IP address or network")
        }
        guard !parsed.isMapped else {
            throw CIDRError(
                message: "an IPv4-mapped IPv6 address: write the IPv4 form",
                suggestion: slash == bytes.endIndex ? parsed.address.description : nil
            )
        }
        var prefix = parsed.address.bitCount
        if slash < bytes.endIndex {
            guard let bits = IPAddressParser.decimal(bytes[(slash + 1)...], maximum: prefix) else {
                throw CIDRError(message: "the network length must be 0 to \(prefix), without leading zeros")
            }
            prefix = bits
        }
        self.init(masking: parsed.address, prefix: prefix)
        guard address == parsed.address else {
            throw CIDRError(message: "address bits are set below the network length", suggestion: description)
        }
    }

    package func contains(_ candidate: IPAddress) -> Bool {
        candidate.family == address.family && candidate.high & highMask == address.high && candidate.low & lowMask == address.low
    }

    /// Keeps the first `prefix` bits of the address.
    private init(masking address: IPAddress, prefix: Int) {
        self.prefix = prefix
        switch address.family {
        case .v4:
            highMask = 0
            lowMask = prefix == 0 ? 0 : (0xffff_ffff << UInt64(32 - prefix)) & 0xffff_ffff
            self.address = IPAddress(v4: UInt32(address.low & lowMask))
        case .v6:
            highMask = prefix == 0 ? 0 : ~0 << UInt64(max(0, 64 - prefix))
            lowMask = prefix <= 64 ? 0 : ~0 << UInt64(128 - prefix)
            self.address = IPAddress(v6High: address.high & highMask, low: address.low & lowMask)
        }
    }
}

extension CIDR: CustomStringConvertible {
    package var description: String {
        "\(address)/\(prefix)"
    }
}

/// Why a text is no network, in words for the person who wrote it.
package struct CIDRError: Error, Equatable {
    package let message: String
    /// What was probably meant, when that is clear.
    package let suggestion: String?

    init(message: String, suggestion: String? = nil) {
        self.message = message
        self.suggestion = suggestion
    }
}
