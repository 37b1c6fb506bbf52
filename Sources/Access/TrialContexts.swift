/// The partners, subjects and networks that the deny rules of two policies tell apart, put into classes that no rule can tell apart.
struct TrialContexts {
    struct Class {
        /// Stands for all of the class.
        let sample: TrialContext
        /// Nil for those that no rule names.
        let condition: AccessCondition?

        /// Whether whoever is told of the wider condition need not be told of this one.
        func isWithin(_ wider: AccessCondition?) -> Bool {
            guard let wider else { return true }
            guard let condition else { return false }
            return [
                (condition.partners, wider.partners), (condition.subjects, wider.subjects), (condition.networks, wider.networks),
            ].allSatisfy { $1.isEmpty || !$0.isEmpty && Set($0).isSubset(of: $1) }
        }
    }

    /// For each kind of credential, and for none; the first is always the one that no rule names.
    private(set) var classes: [Via?: [Class]] = [:]
    private(set) var isComplete = true

    /// More combinations than this are not tried.
    private static let limit = 20_000

    init(_ old: Policy, _ new: Policy) {
        let rules = old.denyRules + new.denyRules
        let partners = Set(rules.flatMap { $0.partners ?? [] }).sorted()
        let subjects = Set(rules.flatMap { $0.subjects ?? [] }).sorted()
        let networks = Set(rules.flatMap { $0.networks ?? [] }).sorted { $0.description < $1.description }
        for via in [nil] + Via.allCases.map(Optional.some) {
            let contexts = combinations(
                via == .partnerToken ? partners : [], via == nil ? [] : subjects, Set(networks.flatMap(\.edges)).sorted()
            )
            classes[via] = Self.classes(contexts, rules, networks, via: via)
        }
    }

    /// Every combination, none first.
    private mutating func combinations(_ partners: [String], _ subjects: [String], _ addresses: [IPAddress]) -> [TrialContext] {
        var result: [TrialContext] = []
        for partner in [nil] + partners.map(Optional.some) {
            for subject in [nil] + subjects.map(Optional.some) {
                for address in [nil] + addresses.map(Optional.some) {
                    guard result.count < Self.limit else {
                        isComplete = false
                        return result
                    }
                    result.append(TrialContext(partner: partner, subject: subject, network: address))
                }
            }
        }
        return result
    }

    private static func classes(_ contexts: [TrialContext], _ rules: [DenyRule], _ networks: [CIDR], via: Via?) -> [Class] {
        var members: [[Int]: [TrialContext]] = [:]
        var order: [[Int]] = []
        for context in contexts {
            let matching = rules.indices.filter { rules[$0].tellsApart(context, via) }
            if members[matching] == nil { order.append(matching) }
            members[matching, default: []].append(context)
        }
        return order.map { key in
            let all = members[key] ?? []
            // The plainest members describe the class; the class that no rule names has one without anything.
            let fewest = all.map(\.count).min() ?? 0
            let plain = all.filter { $0.count == fewest }
            let sample = plain.first ?? TrialContext()
            return Class(sample: sample, condition: fewest == 0 ? nil : condition(plain.filter { $0.isShaped(as: sample) }, networks))
        }.sorted { $0.sample.count < $1.sample.count }
    }

    private static func condition(_ contexts: [TrialContext], _ networks: [CIDR]) -> AccessCondition {
        let blocks = contexts.compactMap(\.network).compactMap { address in
            networks.filter { $0.contains(address) }.max { $0.prefix < $1.prefix }
        }
        return AccessCondition(
            partners: Set(contexts.compactMap(\.partner)).sorted(),
            subjects: Set(contexts.compactMap(\.subject)).sorted(),
            networks: Set(blocks.map(\.description)).sorted()
        )
    }
}

extension TrialContext {
    fileprivate var count: Int {
        (partner == nil ? 0 : 1) + (subject == nil ? 0 : 1) + (network == nil ? 0 : 1)
    }

    fileprivate func isShaped(as other: TrialContext) -> Bool {
        (partner == nil) == (other.partner == nil) && (subject == nil) == (other.subject == nil)
            && (network == nil) == (other.network == nil)
    }
}

extension DenyRule {
    /// Whether the rule names partners, subjects or networks, and these match.
    fileprivate func tellsApart(_ context: TrialContext, _ via: Via?) -> Bool {
        if partners == nil, subjects == nil, networks == nil { return false }
        if let partners, context.partner.map({ !partners.contains($0) }) ?? true { return false }
        if let subjects, context.subject.map({ !subjects.contains($0) }) ?? true { return false }
        if let networks, !networks.contains(where: { block in context.network.map { block.contains($0) } ?? false }) { return false }
        return true
    }
}
