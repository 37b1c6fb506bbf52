import Access
import Foundation

extension Settings {
    /// Read when no flag names the file.
    package static let fileEnvironmentName = "GATEHOUSE_CONFIG"
    package static let defaultFile = "policies/gateway.yaml"

    /// Reads the configuration file and puts it together with flags and environment.
    ///
    /// - Parameter file: what the flag `--config` gives; nil: `GATEHOUSE_CONFIG`, else `policies/gateway.yaml`, which alone may be missing.
    package static func load(file: String?, sources: SettingsSources) -> LoadedSettings {
        let named = file ?? sources.environment[fileEnvironmentName].flatMap { $0.isEmpty ? nil : $0 }
        let path = named ?? defaultFile
        guard FileManager.default.fileExists(atPath: path) else {
            if named == nil { return load(nil, file: path, sources: sources) }
            return LoadedSettings(settings: nil, entries: [], diagnostics: [.whole(path, "no such file or directory")])
        }
        let bytes: [UInt8]
        do {
            bytes = try OpenFile(path, for: .reading).readToEnd(limit: YAMLReader.maximumSize)
        } catch {
            return LoadedSettings(settings: nil, entries: [], diagnostics: [.whole(error)])
        }
        if hasOnlyComments(bytes) { return load(nil, file: path, sources: sources) }
        let source = YAMLReader.read(bytes, file: path)
        let loaded = load(source.root, file: path, sources: sources)
        return LoadedSettings(
            settings: source.problems.isEmpty ? loaded.settings : nil, entries: loaded.entries,
            diagnostics: source.problems + loaded.diagnostics
        )
    }

    /// A file in which every line is empty or a comment sets nothing. (Of a policy that would be a mistake, so the reader refuses it.)
    private static func hasOnlyComments(_ bytes: [UInt8]) -> Bool {
        bytes.split(separator: UInt8(ascii: "\n")).allSatisfy { line in
            let first = line.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\r") }
            return first == nil || first == UInt8(ascii: "#")
        }
    }
}
