/// The files that `tls` of the configuration names, read.
package struct TLSFiles: Sendable {
    /// In PEM form, as the files hold them.
    package let certificate: [UInt8]
    package let key: [UInt8]
    package let clientCA: [UInt8]?
}

extension Settings.TLS {
    /// - Throws: when a file is missing or too large, or group or others may touch the key.
    package func read() throws(FileError) -> TLSFiles {
        TLSFiles(
            certificate: try PublicFile.read(certificate), key: try PrivateFile.read(key), clientCA: try clientCA.map(PublicFile.read)
        )
    }

    /// What a watcher compares to learn that one of the files has changed.
    package var stamp: FolderStamp { FolderStamp(paths: [certificate, key] + [clientCA].compactMap { $0 }) }
}

/// Files that anybody may read, such as certificates.
package enum PublicFile {
    /// - Throws: when it is missing, no regular file, or over 1 MiB.
    package static func read(_ path: String) throws(FileError) -> [UInt8] {
        let file = try OpenFile(path, for: .reading)
        guard try file.facts().isRegular else { throw FileError(path: path, reason: "is not a file") }
        return try file.readToEnd(limit: PrivateFile.largestSize)
    }
}
