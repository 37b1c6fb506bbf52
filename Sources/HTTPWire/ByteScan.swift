/// Looks at bytes eight at a time: for the ends of lines, and for what may not stand in a value.
extension Span<UInt8> {
    private static var ones: UInt64 { 0x0101_0101_0101_0101 }
    private static var highest: UInt64 { 0x8080_8080_8080_8080 }

    /// Bytes `position` to `position + 7`, the first one lowest.
    @inline(__always)
    private func word(at position: Int) -> UInt64 {
        // Both callers stay eight bytes below an end that lies inside the bytes.
        unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self))
    }

    /// Where `byte` first stands from `start` on; nil: nowhere.
    @inline(__always)
    package func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        precondition(start >= 0)
        var position = start
        while position + 8 <= count {
            let difference = word(at: position) ^ (Self.ones &* UInt64(byte))
            // The highest bit of every byte that is zero, and perhaps of one above such a byte: the lowest is right.
            let found = (difference &- Self.ones) & ~difference & Self.highest
            if found != 0 { return position + found.trailingZeroBitCount / 8 }
            position += 8
        }
        while position < count {
            if self[position] == byte { return position }
            position += 1
        }
        return nil
    }

    /// Whether all bytes of `range`, which lies inside, may stand in a field's value.
    @inline(__always)
    func isFieldValue(_ range: Range<Int>) -> Bool {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        var position = range.lowerBound
        while position + 8 <= range.upperBound {
            let word = word(at: position)
            // As above, for bytes below 0x20 and for 0x7F. A tab is among them, and the bytes decide.
            let controls = (word &- Self.ones &* 0x20) & ~word
            let delete = word ^ (Self.ones &* 0x7F)
            if (controls | (delete &- Self.ones) & ~delete) & Self.highest != 0 {
                for index in position..<position + 8 where !ByteClass.isFieldValue(self[index]) { return false }
            }
            position += 8
        }
        while position < range.upperBound {
            if !ByteClass.isFieldValue(self[position]) { return false }
            position += 1
        }
        return true
    }
}
