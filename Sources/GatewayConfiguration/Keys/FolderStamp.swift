import Foundation

/// What a watcher compares to learn that a file has changed, without reading any.
///
/// Two stamps of unchanged files are equal. Replacing a file by rename changes its inode; writing into it, or giving it another mode, its
/// times. Links are followed: behind the link of an orchestrator's mount, the link changes and the file does not.
package struct FolderStamp: Equatable, Sendable {
    private struct Entry: Equatable {
        let path: String
        let status: FileName.Status
    }

    private let entries: [Entry]

    /// Of files and, one level deep, of the files of directories; what is missing is left out.
    package init(paths: [String]) {
        entries = paths.flatMap { path -> [Entry] in
            guard let status = FileName.status(path) else { return [] }
            let names = status.isDirectory ? (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? [] : []
            let files = names.compactMap { name in FileName.status("\(path)/\(name)").map { Entry(path: "\(path)/\(name)", status: $0) } }
            return [Entry(path: path, status: status)] + files
        }
    }
}

extension KeyFolder {
    /// The stamp of everything that `LoadedKeys` and `PartnerDirectory` are made of.
    package var stamp: FolderStamp {
        FolderStamp(paths: [tokenKeysPath, assertionKeysPath, sessionSecretsPath, sealKeyPath, partnersPath])
    }
}
