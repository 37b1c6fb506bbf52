import Access
import StrictJSON

/// Takes typed values out of flags, environment and file, and keeps what `config show` and `config check` tell: where each value came
/// from, and every mistake.
///
/// After a mistake the default stands in, so that the rest is read too; whoever made the reader then throws everything away.
struct SettingsReader {
    /// A mapping of the file, or the place where one could be.
    struct Section {
        /// Dotted; empty for the whole file.
        let path: String
        let node: SourceNode?

        var isPresent: Bool { node != nil }

        func key(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    }

    /// The file's name in messages.
    let file: String
    private let root: SourceNode?
    private let flags: [SettingKey: [String]]
    private let environment: [String: String]
    private(set) var entries: [SettingEntry] = []
    private(set) var diagnostics: [Diagnostic] = []

    /// - Parameters:
    ///   - root: nil when there is no file, or an empty one.
    ///   - flags: in the order given; only a list may have more than one.
    init(file: String, root: SourceNode?, flags: [SettingKey: [String]], environment: [String: String]) {
        self.file = file
        self.root = root
        self.flags = flags
        self.environment = environment
    }

    var whole: Section { Section(path: "", node: root) }

    // MARK: Keys of the table: flag, environment, file, default

    mutating func setting<Value: SettingValue>(
        _ key: SettingKey, default fallback: Value, check: (Value) -> ValueError? = { _ in nil }
    ) -> Value {
        given(key, as: Value.self, check: check) ?? standIn(fallback, key.rawValue)
    }

    mutating func setting<Value: SettingValue & Comparable & CustomStringConvertible>(
        _ key: SettingKey, default fallback: Value, range: ClosedRange<Value>
    ) -> Value {
        setting(key, default: fallback, check: Self.within(range))
    }

    /// Nil when it is given nowhere, or wrongly; there is no default.
    mutating func optionalSetting<Value: SettingValue>(_ key: SettingKey, as type: Value.Type) -> Value? {
        let value = given(key, as: type)
        if value == nil { entries.append(SettingEntry(key: key.rawValue, value: .null, origin: .default)) }
        return value
    }

    /// Nil when it is given nowhere, or wrongly.
    mutating func given<Value: SettingValue>(
        _ key: SettingKey, as type: Value.Type, check: (Value) -> ValueError? = { _ in nil }
    ) -> Value? {
        if let text = flags[key]?.last {
            return parse(text, key.rawValue, .flag(key.flag), check).map { keep($0, key.rawValue, .flag(key.flag)) }
        }
        if let text = variable(key) {
            let origin = SettingOrigin.environment(key.environmentName)
            return parse(text, key.rawValue, origin, check).map { keep($0, key.rawValue, origin) }
        }
        guard let node = node(of: key) else { return nil }
        return parse(node, key.rawValue, check).map { keep($0, key.rawValue, origin(node)) }
    }

    /// Whether anything sets it, rightly or wrongly.
    func isGiven(_ key: SettingKey) -> Bool { flags[key] != nil || variable(key) != nil || node(of: key) != nil }

    mutating func listSetting<Value: SettingValue>(_ key: SettingKey, default fallback: [Value], mayBeEmpty: Bool) -> [Value] {
        let given: (texts: [String], origin: SettingOrigin)
        if let texts = flags[key], !texts.isEmpty {
            given = (texts, .flag(key.flag))
        } else if let text = variable(key) {
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            given = (
                parts.map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }, .environment(key.environmentName)
            )
        } else {
            return list(key.path[key.path.count - 1], in: section(of: key), default: fallback, mayBeEmpty: mayBeEmpty)
        }
        let values = given.texts.compactMap { parse($0, key.rawValue, given.origin, { (_: Value) in nil }) }
        return keep(values, key.rawValue, given.origin)
    }

    private func variable(_ key: SettingKey) -> String? {
        // A variable set to nothing counts as not set: shells and orchestrators cannot always leave one out.
        environment[key.environmentName].flatMap { $0.isEmpty ? nil : $0 }
    }

    private func section(of key: SettingKey) -> Section {
        let outer = key.path.dropLast()
        return Section(path: outer.joined(separator: "."), node: outer.reduce(root) { $0?[$1] })
    }

    private func node(of key: SettingKey) -> SourceNode? { key.path.reduce(root) { $0?[$1] } }

    // MARK: Keys of the file alone

    /// The mapping under a key; one that is missing has nothing in it.
    mutating func section(_ name: String, in outer: Section? = nil, keys: [String]) -> Section {
        let outer = outer ?? whole
        return section(Section(path: outer.key(name), node: outer.node?[name]), keys: keys)
    }

    /// Checks that a section is a mapping and has no other keys.
    mutating func section(_ section: Section, keys: [String]) -> Section {
        guard let node = section.node else { return section }
        guard let members = node.members else {
            report(node, "\(section.path.isEmpty ? "the file" : "`\(section.path)`") must be a mapping, not \(node.kind.phrase)")
            return Section(path: section.path, node: nil)
        }
        for (key, _) in members {
            let name = key.scalar ?? ""
            guard !keys.contains(name) else { continue }
            report(key, "unknown key `\(section.key(ForeignText.quotable(name)))`", suggestion: Spelling.nearest(to: name, in: keys))
        }
        return section
    }

    mutating func value<Value: SettingValue>(
        _ name: String, in section: Section, default fallback: Value, check: (Value) -> ValueError? = { _ in nil }
    ) -> Value {
        optional(name, in: section, as: Value.self, check: check) ?? standIn(fallback, section.key(name))
    }

    mutating func value<Value: SettingValue & Comparable & CustomStringConvertible>(
        _ name: String, in section: Section, default fallback: Value, range: ClosedRange<Value>
    ) -> Value {
        value(name, in: section, default: fallback, check: Self.within(range))
    }

    mutating func optional<Value: SettingValue>(
        _ name: String, in section: Section, as type: Value.Type, check: (Value) -> ValueError? = { _ in nil }
    ) -> Value? {
        guard let node = section.node?[name] else { return nil }
        return parse(node, section.key(name), check).map { keep($0, section.key(name), origin(node)) }
    }

    mutating func required<Value: SettingValue>(_ name: String, in section: Section, as type: Value.Type) -> Value? {
        if let node = section.node, node[name] == nil { report(node, "`\(section.path)` has no `\(name)`") }
        return optional(name, in: section, as: type)
    }

    /// A list; one value alone is a list of one.
    mutating func list<Value: SettingValue>(
        _ name: String, in section: Section, default fallback: [Value], mayBeEmpty: Bool = true
    ) -> [Value] {
        let key = section.key(name)
        guard let node = section.node?[name] else {
            if fallback.isEmpty && !mayBeEmpty, let outer = section.node { report(outer, "`\(section.path)` has no `\(name)`") }
            return keep(fallback, key, .default)
        }
        if node.members != nil || node.kind == .null {
            report(node, "`\(key)` must be a list, not \(node.kind.phrase)")
            return fallback
        }
        let items = node.elements ?? [node]
        if items.isEmpty && !mayBeEmpty { report(node, "`\(key)` must not be empty") }
        return keep(items.compactMap { parse($0, key, { (_: Value) in nil }) }, key, origin(node))
    }

    /// The mappings of a list, each to be read as a section.
    mutating func items(_ name: String, in section: Section) -> [Section] {
        guard let node = section.node?[name] else {
            entries.append(SettingEntry(key: section.key(name), value: .array([]), origin: .default))
            return []
        }
        guard let elements = node.elements else {
            report(node, "`\(section.key(name))` must be a list, not \(node.kind.phrase)")
            return []
        }
        if elements.isEmpty { entries.append(SettingEntry(key: section.key(name), value: .array([]), origin: origin(node))) }
        return elements.enumerated().map { Section(path: "\(section.key(name))[\($0.offset)]", node: $0.element) }
    }

    /// The members of a mapping whose keys are names that the file gives.
    mutating func namedSections(_ name: String) -> [(name: String, section: Section)] {
        guard let node = root?[name] else { return [] }
        guard let members = node.members else {
            report(node, "`\(name)` must be a mapping, not \(node.kind.phrase)")
            return []
        }
        return members.map { ($0.key.scalar ?? "", Section(path: "\(name).\($0.key.scalar ?? "")", node: $0.value)) }
    }

    // MARK: Mistakes

    /// Reports a mistake of a section, or of one of its keys.
    mutating func problem(_ message: String, _ section: Section, _ name: String? = nil) {
        guard let node = name.flatMap({ section.node?[$0] }) ?? section.node else { return }
        report(node, "`\(name.map { section.key($0) } ?? section.path)` \(message)")
    }

    /// Reports a mistake of a key of the table, wherever its value came from.
    mutating func problem(_ message: String, _ key: SettingKey, severity: Diagnostic.Severity = .error, suggestion: String? = nil) {
        let place = diagnosticPlace(of: key)
        diagnostics.append(
            Diagnostic(
                file: place.file, line: place.line, column: place.column, severity: severity, message: "`\(key.rawValue)` \(message)",
                suggestion: suggestion
            )
        )
    }

    private func diagnosticPlace(of key: SettingKey) -> (file: String, line: Int, column: Int) {
        if flags[key]?.isEmpty == false { return (key.flag, 0, 0) }
        if variable(key) != nil { return (key.environmentName, 0, 0) }
        return node(of: key).map { (file, $0.line, $0.column) } ?? (file, 0, 0)
    }

    private mutating func report(_ node: SourceNode, _ message: String, suggestion: String? = nil) {
        diagnostics.append(
            Diagnostic(file: file, line: node.line, column: node.column, severity: .error, message: message, suggestion: suggestion)
        )
    }

    mutating func add(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

    // MARK: One value

    private mutating func parse<Value: SettingValue>(
        _ text: String, _ key: String, _ origin: SettingOrigin, _ check: (Value) -> ValueError?
    ) -> Value? {
        do {
            let value = try Value(parsing: text)
            if let error = check(value) { throw error }
            return value
        } catch let error as ValueError {
            diagnostics.append(
                Diagnostic(
                    file: origin.description, line: 0, column: 0, severity: .error, message: "`\(key)` \(error.message)",
                    suggestion: error.suggestion
                )
            )
            return nil
        } catch {
            return nil
        }
    }

    private mutating func parse<Value: SettingValue>(_ node: SourceNode, _ key: String, _ check: (Value) -> ValueError?) -> Value? {
        guard let text = node.scalar, node.kind != .null else {
            let expected = Value.kinds.map(\.phrase).sorted().joined(separator: " or ")
            report(node, node.kind == .null ? "`\(key)` has no value" : "`\(key)` must be \(expected), not \(node.kind.phrase)")
            return nil
        }
        do {
            let value = try Value(parsing: text)
            // The text fits, but YAML says that it is something else.
            guard Value.kinds.contains(node.kind) else {
                let expected = Value.kinds.map(\.phrase).sorted().joined(separator: " or ")
                throw ValueError("must be \(expected), not \(node.kind.phrase)", suggestion: node.kind == .text ? text : "\"\(text)\"")
            }
            if let error = check(value) { throw error }
            return value
        } catch let error as ValueError {
            report(node, "`\(key)` \(error.message)", suggestion: error.suggestion)
            return nil
        } catch {
            return nil
        }
    }

    private static func within<Value: Comparable & CustomStringConvertible>(_ range: ClosedRange<Value>) -> (Value) -> ValueError? {
        { range.contains($0) ? nil : ValueError("must be \(range.lowerBound) to \(range.upperBound)") }
    }

    private func origin(_ node: SourceNode) -> SettingOrigin { .file(file, line: node.line) }

    private mutating func keep<Value: SettingValue>(_ value: Value, _ key: String, _ origin: SettingOrigin) -> Value {
        entries.append(SettingEntry(key: key, value: value.shown, origin: origin))
        return value
    }

    private mutating func keep<Value: SettingValue>(_ values: [Value], _ key: String, _ origin: SettingOrigin) -> [Value] {
        entries.append(SettingEntry(key: key, value: .array(values.map(\.shown)), origin: origin))
        return values
    }

    private mutating func standIn<Value: SettingValue>(_ value: Value, _ key: String) -> Value {
        keep(value, key, .default)
    }
}
