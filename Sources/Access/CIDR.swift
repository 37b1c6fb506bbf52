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

extension CIDR {
    /// The first address, and those just before and just behind the block, where there are any: of several blocks these reach every
    /// part that some of them hold and others do not.
    var edges: [IPAddress] {
        var result = [address]
        switch address.family {
        case .v4:
            let first = UInt32(address.low)
            let size = UInt64(1) << UInt64(32 - prefix)
            if first > 0 { result.append(IPAddress(v4: first - 1)) }
            if let next = UInt32(exactly: UInt64(first) + size) { result.append(IPAddress(v4: next)) }
        case .v6:
            let first = UInt128(address.high) << 64 | UInt128(address.low)
            let last = first | (prefix == 0 ? .max : (UInt128(1) << UInt128(128 - prefix)) - 1)
            if first > 0 { result.append(IPAddress(bits: first - 1)) }
            if last < .max { result.append(IPAddress(bits: last + 1)) }
        }
        return result
    }
}

extension IPAddress {
    fileprivate init(bits: UInt128) {
        self.init(v6High: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits))
    }
}

extension IPAddress: Comparable {
    package static func < (left: IPAddress, right: IPAddress) -> Bool {
        (left.family.rawValue, left.high, left.low) < (right.family.rawValue, right.high, right.low)
    }
}
