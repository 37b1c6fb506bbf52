import Access
import Customers
import GatewayCore

/// What a list can be asked for, beside `tenant`.
enum ListParameters {
    static let names = ["limit", "cursor", "externalId", "contactEmail", "name", "createdAfter", "createdBefore"]
}

/// The values are held to the rules of the fields: one that no customer can have is a mistake and not an empty list.
extension QueryParameters {
    /// 1 to 200; 50 when absent.
    func limit() throws(Refusal) -> Int {
        guard let text = self["limit"] else { return 50 }
        guard let limit = Int(text), String(limit).hasSameBytes(as: text), (1...200).contains(limit) else {
            throw .invalidParameter("limit", "limit is a whole number from 1 to 200.")
        }
        return limit
    }

    func filter() throws(Refusal) -> CustomerFilter {
        var filter = CustomerFilter()
        filter.externalID = try text("externalId", upTo: 100)
        filter.namePrefix = try text("name", upTo: 200)
        if let email = self["contactEmail"] {
            guard EmailAddress.isValid(email) else {
                throw .invalidParameter("contactEmail", "contactEmail is an e-mail address; its + is written %2B.")
            }
            filter.contactEmail = email
        }
        // Creation times are whole milliseconds: after a part of one means after its beginning, before it means before the next.
        filter.createdAfter = try time("createdAfter")?.milliseconds
        filter.createdBefore = try time("createdBefore").map { $0.isRoundedDown ? $0.milliseconds + 1 : $0.milliseconds }
        return filter
    }

    /// 1 to 200 UTF-16 code units without control characters.
    func tenant() throws(Refusal) -> String? {
        guard let tenant = self["tenant"] else { return nil }
        guard Principal.isTenant(tenant) else {
            throw .invalidParameter("tenant", "tenant has 1 to 128 letters, digits and `._:@-`, the first a letter or digit.")
        }
        return tenant
    }

    /// - Parameter limit: UTF-16 code units, inclusive.
    private func text(_ name: String, upTo limit: Int) throws(Refusal) -> String? {
        guard let text = self[name] else { return nil }
        guard (1...limit).contains(text.utf16.count) else {
            throw .invalidParameter(name, "\(name) has 1 to \(limit) characters.")
        }
        return text
    }

    private func time(_ name: String) throws(Refusal) -> (milliseconds: Int64, isRoundedDown: Bool)? {
        guard let text = self[name] else { return nil }
        guard let time = RFC3339.parse(text) else {
            throw .invalidParameter(name, "\(name) is a time as in 2026-03-01T12:00:00Z (RFC 3339); its + is written %2B.")
        }
        return time
    }
}
