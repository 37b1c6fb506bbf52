import Access
import GatewayCore
import StrictJSON
import Testing
import Tokens

@Suite("Tokens that were tampered with, at the gateway")
struct TamperTests {
    private func isAccepted(_ desk: inout Desk, _ profile: SessionProfile, _ token: [UInt8]) throws -> Bool {
        let text = String(decoding: token, as: UTF8.self)
        // What would end or split the header is the wire's to refuse.
        guard token.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: ";") }) else { return false }
        let cookie = try desk.admit("Cookie: \(profile.cookieName(secure: false))=\(text)").reason == .allowed
        let bearer = try desk.admit("Authorization: Bearer \(text)").reason == .allowed
        return cookie || bearer
    }

    @Test("no byte of a session can be changed, left out or added", arguments: SessionProfile.allCases)
    func everyByte(_ profile: SessionProfile) throws {
        var desk = try Desk([profile])
        let token = Array(try Desk.session(profile).utf8)
        // Remembered first, so that the memory is tried as well.
        try #require(try isAccepted(&desk, profile, token))
        for index in token.indices {
            var changed = token
            // The lowest bit that leaves a visible character; the last one of a segment may carry bits that are not used.
            for bit in 0..<7 where 0x21...0x7E ~= changed[index] ^ (1 << bit) {
                changed[index] ^= 1 << bit
                #expect(try !isAccepted(&desk, profile, changed), "byte \(index), bit \(bit)")
                changed[index] = token[index]
            }
            changed.remove(at: index)
            #expect(try !isAccepted(&desk, profile, changed), "without byte \(index)")
            changed.insert(contentsOf: [UInt8(ascii: "A"), token[index]], at: index)
            #expect(try !isAccepted(&desk, profile, changed), "one more before byte \(index)")
        }
        #expect(try isAccepted(&desk, profile, token))
    }

    @Test("no segment can be cut, emptied, doubled, left out or swapped with another session's", arguments: SessionProfile.allCases)
    func everySegment(_ profile: SessionProfile) throws {
        var desk = try Desk([profile])
        let split = { (text: String) in text.split(separator: ".", omittingEmptySubsequences: false).map(String.init) }
        let segments = split(try Desk.session(profile))
        let others = split(try Desk.session(profile, subject: "user_02", roles: ["provisioning-admin"]))
        func isAccepted(_ segments: [String]) throws -> Bool {
            try self.isAccepted(&desk, profile, Array(segments.joined(separator: ".").utf8))
        }
        try #require(try isAccepted(segments))
        try #require(try isAccepted(others))
        for index in segments.indices {
            var changed = segments
            for length in 0..<segments[index].count {
                changed[index] = String(segments[index].prefix(length))
                #expect(try !isAccepted(changed), "segment \(index), first \(length)")
                changed[index] = String(segments[index].suffix(length))
                #expect(try !isAccepted(changed), "segment \(index), last \(length)")
            }
            for text in [segments[index] + segments[index], segments[index] + "=", segments[index] + "A", others[index] + "A"]
            where text != segments[index] {
                changed[index] = text
                #expect(try !isAccepted(changed), "segment \(index): \(text)")
            }
            if others[index] != segments[index] {
                changed[index] = others[index]
                #expect(try !isAccepted(changed), "segment \(index) of another session")
            }
            changed = segments
            changed.remove(at: index)
            #expect(try !isAccepted(changed), "without segment \(index)")
            changed.insert(contentsOf: ["", segments[index]], at: index)
            #expect(try !isAccepted(changed), "an empty segment before \(index)")
        }
    }
}
