package import Access
import Yams

/// What a strict YAML (or JSON) file holds.
package struct YAMLSource: Sendable {
    /// What could be read. Beside problems it serves to find more of them; the file is refused all the same.
    package let root: SourceNode?
    /// Errors only; in the order of the file.
    package let problems: [Diagnostic]
}

/// Reads the YAML of configuration files, strictly: what an editor shows and what is loaded must be one and the same.
///
/// Exactly one document; no anchors, aliases, tags or merge keys; no key twice. JSON is read as the YAML it is.
package enum YAMLReader {
    /// Bytes.
    package static let maximumSize = 16 << 20
    /// Levels of mappings and lists.
    package static let maximumDepth = 32

    /// - Parameters:
    ///   - bytes: the file's, UTF-8 with or without a byte order mark.
    ///   - file: its name for the problems.
    package static func read(_ bytes: [UInt8], file: String) -> YAMLSource {
        guard bytes.count <= maximumSize else {
            return refused("the file has more than \(maximumSize >> 20) MiB", at: SourcePosition(line: 1, column: 1), file)
        }
        let text: YAMLText
        switch YAMLText.read(bytes) {
        case .success(let checked): text = checked
        case .failure(let problem): return refused(problem.message, at: problem.position, file)
        }
        return YAMLComposer(text: text, file: file).compose()
    }

    private static func refused(_ message: String, at position: SourcePosition, _ file: String) -> YAMLSource {
        YAMLSource(root: nil, problems: [Diagnostic(file: file, at: position, message: message)])
    }
}

extension Diagnostic {
    init(file: String, at position: SourcePosition, message: String) {
        self.init(file: file, line: position.line, column: position.column, message: message)
    }
}
