extension Customer {
    /// What the customer would be after a merge patch (RFC 7396), judged as a whole.
    ///
    /// The patch is applied to what a caller may change. A name outside of that is an unrecognized key also when its value
    /// is `null`: to accept it would say that it was removed.
    package func merging(_ patch: FieldValue) throws(ValidationError) -> CustomerDraft {
        guard case .object(let changes) = patch else { return try CustomerDraft.parse(patch) }
        var (known, others): ([FieldValue.Member], [FieldValue.Member]) = ([], [])
        for change in changes {
            if CustomerDraft.fieldNames.contains(where: { $0.hasSameBytes(as: change.name) }) {
                known.append(change)
            } else {
                others.append(change)
            }
        }
        return try CustomerDraft.parse(.object(changeable.merging(known) + others))
    }

    private var changeable: [FieldValue.Member] {
        var members = [
            FieldValue.Member("name", .string(name)), FieldValue.Member("contactEmail", .string(contactEmail)),
        ]
        for (name, value) in [("address", address), ("phone", phone), ("externalId", externalID)] {
            if let value { members.append(FieldValue.Member(name, .string(value))) }
        }
        if let metadata {
            let entries = metadata.entries.map { FieldValue.Member($0.key, .string($0.value)) }
            members.append(FieldValue.Member("metadata", .object(entries)))
        }
        return members
    }
}

extension FieldValue {
    /// `MergePatch(Target, Patch)` of RFC 7396 section 2, `self` being the target.
    /// Linear in both sizes; recursion goes as deep as the patch is nested.
    func merging(_ patch: FieldValue) -> FieldValue {
        guard case .object(let changes) = patch else { return patch }
        guard case .object(let members) = self else { return .object([Member]().merging(changes)) }
        return .object(members.merging(changes))
    }
}

extension [FieldValue.Member] {
    /// Kept members keep their place, new ones follow in the order of the patch.
    func merging(_ changes: [FieldValue.Member]) -> [FieldValue.Member] {
        var merged: [FieldValue.Member?] = self
        var positions: [[UInt8]: Int] = [:]
        for (position, member) in enumerated() { positions[Array<UInt8>(member.name.utf8)] = position }
        for change in changes {
            let position = positions[Array<UInt8>(change.name.utf8)]
            let target = position.flatMap { merged[$0]?.value } ?? .null
            var result: FieldValue.Member?
            if case .null = change.value {
            } else {
                result = FieldValue.Member(change.name, target.merging(change.value))
            }
            if let position { merged[position] = result } else { merged.append(result) }
        }
        return merged.compactMap { $0 }
    }
}
