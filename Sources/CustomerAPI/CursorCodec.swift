import Customers
import OpenSSLCrypto

/// Cursors: where a list goes on, as a text that only this gateway can make. 112 hexadecimal digits: the place (24 bytes), then an
/// HMAC-SHA-256 over it, the scope and the filter. So a cursor is good for the list it came from and for no other.
struct CursorCodec: Sendable {
    private static let placeLength = 24
    private let key: HMACKey

    init(key: HMACKey) {
        self.key = key
    }

    func text(_ mark: PageMark, of filter: CustomerFilter, in scope: TenantScope) -> String {
        let place = Self.bytes(mark.createdAt) + mark.id.bytes
        let digits = Array("0123456789abcdef".utf8)
        let hex = (place + key.authenticate(Self.message(place, filter, scope))).flatMap {
            [digits[Int($0 >> 4)], digits[Int($0 & 15)]]
        }
        return String(decoding: hex, as: UTF8.self)
    }

    /// Nil for a text that `text` did not make for this filter and scope, alike for every reason.
    func mark(_ text: String, of filter: CustomerFilter, in scope: TenantScope) -> PageMark? {
        guard let bytes = Self.bytes(hex: text), bytes.count == Self.placeLength + key.byteCount else { return nil }
        let place = Array(bytes[..<Self.placeLength])
        guard key.isValid(Array(bytes[Self.placeLength...]), for: Self.message(place, filter, scope)),
            let id = CustomerID(bytes: place[8...])
        else { return nil }
        return PageMark(createdAt: place[..<8].reduce(0) { $0 << 8 | Int64($1) }, id: id)
    }

    /// What is authenticated. Each part begins with its length, so that none can run into the next.
    private static func message(_ place: [UInt8], _ filter: CustomerFilter, _ scope: TenantScope) -> [UInt8] {
        var message = Array("gatehouse cursor v1".utf8) + place
        func append(_ part: [UInt8]?) {
            guard let part else { return message.append(0) }
            message.append(1)
            message += bytes(Int64(part.count)) + part
        }
        switch scope {
        case .any: append(nil)
        case .tenant(let tenant): append(Array(tenant.utf8))
        }
        append(filter.externalID.map { Array($0.utf8) })
        append(filter.contactEmail.map { Array($0.utf8) })
        append(filter.namePrefix.map { Array($0.utf8) })
        append(filter.createdAfter.map(bytes))
        append(filter.createdBefore.map(bytes))
        return message
    }

    private static func bytes(_ number: Int64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }

    private static func bytes(hex: String) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count.isMultiple(of: 2), digits.count <= 256 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digit(digits[index]), let low = digit(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
