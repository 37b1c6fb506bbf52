import Glibc

/// A file that decision records are appended to, whole batches or nothing, also where another gateway appends to the same one.
struct DecisionFile: Sendable {
    /// Which file it is, whatever its name is by now.
    struct Identity: Equatable, Sendable {
        let device: dev_t
        let inode: ino_t
    }

    /// More than any record has: the last one lies within.
    private static let tailSize = 256 << 10

    let identity: Identity
    private let descriptor: CInt
    /// Pipes and devices cannot be looked back into.
    private let isRegular: Bool
    /// Bytes, as this gateway left it; another number means that somebody else has written.
    private var size: off_t = -1

    init(descriptor: CInt) {
        self.descriptor = descriptor
        var status = stat()
        // The pointer is to a local that outlives the call.
        _ = unsafe fstat(descriptor, &status)
        identity = Identity(device: status.st_dev, inode: status.st_ino)
        isRegular = status.st_mode & S_IFMT == S_IFREG
    }

    /// Opens a file, or makes it with mode 0600.
    init(appendingTo path: String) throws(DecisionLogError) {
        // Read as well, to find the last line.
        let descriptor = unsafe open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o600)
        guard descriptor >= 0 else { throw DecisionLogError(path: path, reason: Self.reason(errno)) }
        self.init(descriptor: descriptor)
    }

    func close() {
        fsync(descriptor)
        Glibc.close(descriptor)
    }

    /// Completes lines by the chain and writes them. The chain goes on only when all were written.
    /// - Returns: nil, or why they were not; then the file is as it was.
    /// - Parameter isPatient: whether to wait for another process that writes.
    mutating func append(_ lines: [UInt8], to chain: inout DecisionChain, isPatient: Bool = true) -> String? {
        guard isRegular else {
            var next = chain
            if let failure = writeAll(next.seal(lines)) { return failure }
            chain = next
            return nil
        }
        // One gateway at a time, each behind the last line of the other.
        if let failure = lock(attempts: isPatient ? 100 : 1) { return failure }
        defer { flock(descriptor, LOCK_UN) }
        let found = lseek(descriptor, 0, SEEK_END)
        if found != size {
            if let failure = continueBehind(found, &chain) { return failure }
        }
        let before = lseek(descriptor, 0, SEEK_END)
        var next = chain
        if let failure = writeAll(next.seal(lines)) {
            // A part of a line would make the next one unreadable too.
            size = ftruncate(descriptor, before) == 0 ? before : -1
            return failure
        }
        size = lseek(descriptor, 0, SEEK_END)
        chain = next
        return nil
    }

    /// Waits for others, but not for one that stands still: what cannot be written now is kept, and tried again.
    private func lock(attempts: Int) -> String? {
        for attempt in 0..<attempts {
            if attempt > 0 { usleep(10_000) }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return nil }
            if errno != EWOULDBLOCK && errno != EINTR { return Self.reason(errno) }
        }
        return "another process holds its lock"
    }

    /// Takes the chain up where the file ends. An empty file continues the one before it.
    private func continueBehind(_ size: off_t, _ chain: inout DecisionChain) -> String? {
        let tail = tail(size)
        if let last = tail.last, last != UInt8(ascii: "\n") {
            // What a gateway that was killed left of a record was never one. Anything else is somebody's text and stays.
            let start = tail.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            if tail[start...].starts(with: #"{"time":""#.utf8) {
                if ftruncate(descriptor, size - off_t(tail.count - start)) != 0 { return Self.reason(errno) }
            } else if let failure = writeAll([UInt8(ascii: "\n")]) {
                return failure
            }
        }
        if let hash = DecisionChain.lastHash(in: tail) { chain = DecisionChain(after: hash) }
        return nil
    }

    private func writeAll(_ bytes: [UInt8]) -> String? {
        var written = 0
        while written < bytes.count {
            // `written` is below the count, so what is written lies in the buffer.
            let part = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress! + written, $0.count - written) }
            if part < 0 {
                if errno == EINTR { continue }
                return Self.reason(errno)
            }
            written += part
        }
        return nil
    }

    private func tail(_ size: off_t) -> [UInt8] {
        guard size > 0 else { return [] }
        let length = min(Int(size), Self.tailSize)
        var bytes = [UInt8](repeating: 0, count: length)
        // The buffer has room for `length` bytes.
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, length, size - off_t(length)) }
        return Array(bytes.prefix(max(0, count)))
    }

    private static func reason(_ number: CInt) -> String {
        // The text stays until the next call on this thread.
        let text = unsafe String(cString: strerror(number))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}

/// Why the decision log cannot be had, for a person.
package struct DecisionLogError: Error, CustomStringConvertible {
    package let path: String
    package let reason: String

    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    package var description: String {
        "cannot open the decision log \(path) (`decisions`): \(reason). Make its folder and let this user write there, or choose another "
            + "file with --decisions; `--decisions off` does without."
    }
}
