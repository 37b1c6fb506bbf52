import Foundation

/// Files that only their owner may read, written whole or not at all.
///
/// INVARIANT (whole file): contents go to a temporary file in the same directory, which is synchronized before it takes the name, and the
/// directory after it. A reader, and a crash at any point, sees the old file or the new one.
package enum PrivateFile {
    /// Bytes; every file of the keys folder is far below.
    static let largestSize = 1 << 20

    /// Reads a file that is worth reading only while nobody else can.
    ///
    /// - Throws: `FileError` when it is missing, no regular file, over 1 MiB, or group or others may touch it; then with the `chmod` that mends it.
    package static func read(_ path: String) throws(FileError) -> [UInt8] {
        // Mode and contents are of the same open file: no moment in between for another to take its name.
        let file = try OpenFile(path, for: .reading)
        let facts = try file.facts()
        guard facts.isRegular else { throw FileError(path: path, reason: "is not a file") }
        guard facts.mode & 0o077 == 0 else {
            throw FileError(
                path: path,
                reason: "group or others can read it (mode \(octal(facts.mode)))",
                remedy: "chmod 600 \(shellQuoted(path))"
            )
        }
        return try file.readToEnd(limit: largestSize)
    }

    /// Refuses a directory in which others could put their own file in the place of ours. One that is missing is not refused.
    ///
    /// Group alone may write: that is how a checkout looks under a umask of 002.
    static func checkDirectory(_ path: String) throws(FileError) {
        guard exists(path) else { return }
        let mode = try OpenFile(path, for: .directory).facts().mode
        guard mode & 0o002 == 0 else {
            throw FileError(
                path: path, reason: "everybody can change what is in it (mode \(octal(mode)))", remedy: "chmod 700 \(shellQuoted(path))"
            )
        }
    }

    /// Writes a file that does not exist yet.
    ///
    /// - Throws: `FileError` with `isExisting` when there is something of that name; it is left as it is.
    package static func create(_ path: String, contents: [UInt8]) throws(FileError) {
        let temporary = try writeTemporary(beside: path, contents: contents)
        do {
            try FileName.link(temporary, as: path)
        } catch {
            try? FileName.remove(temporary)
            throw error
        }
        try FileName.remove(temporary)
        try synchronizeDirectory(of: path)
    }

    /// Writes a file, in the place of the one that has its name if there is one.
    package static func replace(_ path: String, contents: [UInt8]) throws(FileError) {
        let temporary = try writeTemporary(beside: path, contents: contents)
        do {
            try FileName.rename(temporary, to: path)
        } catch {
            try? FileName.remove(temporary)
            throw error
        }
        try synchronizeDirectory(of: path)
    }

    /// Whether there is anything of that name, readable or not.
    static func exists(_ path: String) -> Bool {
        (try? FileManager.default.attributesOfItem(atPath: path)) != nil
    }

    package static func remove(_ path: String) throws(FileError) {
        try FileName.remove(path)
        try synchronizeDirectory(of: path)
    }

    /// Creates what is missing of a path of directories, each with mode 0700.
    ///
    /// - Returns: whether the last one was created.
    @discardableResult
    package static func makeDirectory(_ path: String) throws(FileError) -> Bool {
        do {
            try FileName.makeDirectory(path)
            return true
        } catch {
            let parent = (path as NSString).deletingLastPathComponent
            if error.isMissing && !parent.isEmpty && parent != path {
                try makeDirectory(parent)
                try FileName.makeDirectory(path)
                return true
            }
            guard error.isExisting else { throw error }
            guard try OpenFile(path, for: .reading).facts().isDirectory else {
                throw FileError(path: path, reason: "is not a directory")
            }
            return false
        }
    }

    /// Removes what a command that was killed left behind. Only for the holder of the folder's lock: nobody else may be writing.
    static func removeLeftovers(in directory: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        for name in names where name.hasPrefix(".") && name.hasSuffix(temporarySuffix) {
            try? FileName.remove(directory + "/" + name)
        }
    }

    /// Temporary names begin with a dot, so that no loader takes them for a file of the folder.
    private static let temporarySuffix = ".tmp"

    private static func writeTemporary(beside path: String, contents: [UInt8]) throws(FileError) -> String {
        let name = (path as NSString).lastPathComponent
        let unique = UInt64.random(in: .min ... .max)
        let temporary = directory(of: path) + "/.\(name).\(String(unique, radix: 16))\(temporarySuffix)"
        let file = try OpenFile(temporary, for: .creating)
        do {
            try file.write(contents)
            try file.synchronize()
        } catch {
            try? FileName.remove(temporary)
            throw error
        }
        return temporary
    }

    private static func synchronizeDirectory(of path: String) throws(FileError) {
        try OpenFile(directory(of: path), for: .directory).synchronize()
    }

    private static func directory(of path: String) -> String {
        let directory = (path as NSString).deletingLastPathComponent
        return directory.isEmpty ? "." : directory
    }

    private static func octal(_ mode: Int) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// A path as it can be pasted into a shell.
    static func shellQuoted(_ path: String) -> String {
        let isPlain = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        return isPlain && !path.hasPrefix("-") ? path : "'" + path.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}
