import Foundation

/// What a watcher compares to learn that a file has changed, without reading any: name, inode, size and time of change of each.
///
/// Two stamps of unchanged files are equal. Replacing a file by rename changes its inode; writing into it, the size or the time.
package struct FolderStamp: Equatable, Sendable {
    private struct Entry: Equatable {
        let path: String
        let inode: UInt64
        let size: UInt64
        /// Seconds.
        let modified: Double
    }

    private let entries: [Entry]

    /// Of files and, one level deep, of the files of directories; what is missing is left out.
    package init(paths: [String]) {
        entries = paths.flatMap { path -> [Entry] in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? []
            return ([path] + names.map { "\(path)/\($0)" }).compactMap(Self.entry)
        }
    }

    private static func entry(_ path: String) -> Entry? {
        // Resolved first: behind a link of an orchestrator's mount, the link changes and the file does not.
        let resolved = (path as NSString).resolvingSymlinksInPath
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: resolved) else { return nil }
        return Entry(
            path: resolved,
            inode: (attributes[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0,
            size: (attributes[.size] as? NSNumber)?.uint64Value ?? 0,
            modified: (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        )
    }
}

extension KeyFolder {
    /// The stamp of everything that `LoadedKeys` and `PartnerDirectory` are made of.
    package var stamp: FolderStamp {
        FolderStamp(paths: [tokenKeysPath, assertionKeysPath, sessionSecretsPath, sealKeyPath, partnersPath])
    }
}
