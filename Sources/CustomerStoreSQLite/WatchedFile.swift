import Customers
import Glibc
import Synchronization

/// Whether the file that was opened is still the one of that name: SQLite would go on reading and writing a deleted file without a word,
/// and what was answered as written would be gone with it.
final class WatchedFile: Sendable {
    private struct Identity: Equatable {
        let device: UInt
        let inode: UInt

        init?(path: String) {
            var status = stat()
            // The pointer is to a local that outlives the call.
            guard unsafe stat(path, &status) == 0 else { return nil }
            device = status.st_dev
            inode = status.st_ino
        }
    }

    private let path: String
    private let identity: Identity?
    private let gone = Atomic<Bool>(false)

    /// - Parameter path: of the file that was just opened.
    init(path: String) {
        self.path = path
        identity = Identity(path: path)
    }

    /// Looks. Before every commit, and whenever the store is asked how it is.
    /// - Throws: `unavailable`.
    func look() throws(StoreError) {
        gone.store(Identity(path: path) != identity, ordering: .relaxed)
        try check()
    }

    /// What the last look found, for reads, which are too many to look for each.
    /// - Throws: `unavailable`.
    func check() throws(StoreError) {
        if gone.load(ordering: .relaxed) { throw .unavailable("\(path): the file was removed or replaced while it was open") }
    }
}
