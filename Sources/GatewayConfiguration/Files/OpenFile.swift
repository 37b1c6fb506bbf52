import Foundation
import Glibc

/// One open file of the operating system, closed when it goes out of scope.
///
/// The only place of this target that passes pointers: creating a file with its mode in one call, reading the mode of the very file that
/// is open, and locking have no safe counterpart in the standard library, and setting a mode after creation leaves a moment in
/// which others can read.
struct OpenFile: ~Copyable {
    enum Purpose {
        /// An existing file, for reading.
        case reading
        /// A file that must not exist yet, created with mode 0600, for writing.
        case creating
        /// A file created with mode 0600 when missing, for locking.
        case locking
        /// An existing directory, for `synchronize()`.
        case directory
    }

    struct Facts {
        let isRegular: Bool
        let isDirectory: Bool
        /// The twelve permission bits.
        let mode: Int
        /// Bytes.
        let size: Int
    }

    private let descriptor: Int32
    let path: String

    init(_ path: String, for purpose: Purpose) throws(FileError) {
        guard !path.utf8.contains(0) else { throw FileError(path: path, code: EINVAL) }
        let flags =
            switch purpose {
            case .reading: O_RDONLY | O_CLOEXEC | O_NONBLOCK
            case .creating: O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
            case .locking: O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
            case .directory: O_RDONLY | O_DIRECTORY | O_CLOEXEC
            }
        // Safe: the string lives, ending in a zero, for the length of the call.
        let descriptor = unsafe open(path, flags, mode_t(0o600))
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        self.descriptor = descriptor
        self.path = path
    }

    deinit { _ = close(descriptor) }

    func facts() throws(FileError) -> Facts {
        var status = stat()
        // Safe: `status` is a local that outlives the call.
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileError(path: path, code: errno) }
        return Facts(
            isRegular: status.st_mode & S_IFMT == S_IFREG,
            isDirectory: status.st_mode & S_IFMT == S_IFDIR,
            mode: Int(status.st_mode & 0o7777),
            size: Int(status.st_size)
        )
    }

    /// Everything from the current position to the end.
    ///
    /// - Throws: `FileError` when reading fails or there are more than `limit` bytes.
    func readToEnd(limit: Int) throws(FileError) -> [UInt8] {
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while true {
            // Safe: the buffer's own address and count.
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileError(path: path, code: errno) }
            if count == 0 { return contents }
            contents += chunk[..<count]
            guard contents.count <= limit else { throw FileError(path: path, reason: "is larger than \(limit) bytes") }
        }
    }

    func write(_ bytes: [UInt8]) throws(FileError) {
        var written = 0
        while written < bytes.count {
            // Safe: reads only between `written` and the end of the buffer.
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileError(path: path, code: errno) }
            written += count
        }
    }

    /// Returns when the contents are on the disk.
    func synchronize() throws(FileError) {
        guard fsync(descriptor) == 0 else { throw FileError(path: path, code: errno) }
    }

    /// Takes the exclusive lock if nobody holds it. It is held until `unlock`, or the process ends.
    func tryLock() throws(FileError) -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return false }
            guard errno == EINTR else { throw FileError(path: path, code: errno) }
        }
        return true
    }

    func unlock() { _ = flock(descriptor, LOCK_UN) }
}

/// The calls on names rather than on open files.
enum FileName {
    /// Gives the file a second name, which must not exist.
    static func link(_ old: String, as new: String) throws(FileError) {
        // Safe: both strings live, ending in a zero, for the length of the call.
        guard unsafe Foundation.link(old, new) == 0 else { throw FileError(path: new, code: errno) }
    }

    /// Puts `old` in the place of `new` in one step.
    static func rename(_ old: String, to new: String) throws(FileError) {
        // Safe: both strings live, ending in a zero, for the length of the call.
        guard unsafe Foundation.rename(old, new) == 0 else { throw FileError(path: new, code: errno) }
    }

    /// What tells one state of a file from another.
    struct Status: Equatable {
        let isDirectory: Bool
        fileprivate let device: UInt64
        fileprivate let inode: UInt64
        fileprivate let size: Int64
        /// Seconds and nanoseconds of the last writing, and of the last change of name, owner or mode.
        fileprivate let times: [Int]
    }

    /// Of what the name leads to, links followed; nil when there is nothing.
    static func status(_ path: String) -> Status? {
        var status = stat()
        // Safe: the string lives, ending in a zero, and `status` outlives the call.
        guard unsafe stat(path, &status) == 0 else { return nil }
        #if canImport(Darwin)
        let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
        #else
        let (modified, changed) = (status.st_mtim, status.st_ctim)
        #endif
        return Status(
            isDirectory: status.st_mode & S_IFMT == S_IFDIR, device: UInt64(status.st_dev), inode: UInt64(status.st_ino),
            size: Int64(status.st_size), times: [modified.tv_sec, modified.tv_nsec, changed.tv_sec, changed.tv_nsec]
        )
    }

    static func remove(_ path: String) throws(FileError) {
        // Safe: the string lives, ending in a zero, for the length of the call.
        guard unsafe unlink(path) == 0 else { throw FileError(path: path, code: errno) }
    }

    /// Creates one directory with mode 0700.
    static func makeDirectory(_ path: String) throws(FileError) {
        // Safe: the string lives, ending in a zero, for the length of the call.
        guard unsafe mkdir(path, mode_t(0o700)) == 0 else { throw FileError(path: path, code: errno) }
    }
}
