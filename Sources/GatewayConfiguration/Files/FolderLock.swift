import Foundation

/// Lets one command at a time change a folder, so that two of them never lose one another's change.
///
/// The lock is on the file `.lock` in the folder and ends with the process that holds it, however that ends. Reading needs no lock:
/// every file is whole at any time.
enum FolderLock {
    /// Waits for the lock, and holds it while `body` runs.
    ///
    /// - Throws: `FileError` when the folder is missing or the lock is not free within `patienceSeconds`.
    static func hold<Result>(folder: String, patienceSeconds: Double = 10, _ body: () -> Result) throws(FileError) -> Result {
        let file = try OpenFile(folder + "/.lock", for: .locking)
        let deadline = Date().addingTimeInterval(patienceSeconds)
        while try !file.tryLock() {
            guard Date() < deadline else {
                throw FileError(
                    path: file.path, reason: "another gatehouse command has been changing \(folder) for \(Int(patienceSeconds)) s")
            }
            Thread.sleep(forTimeInterval: 0.01)
        }
        // Also what keeps the file open until here.
        defer { file.unlock() }
        return body()
    }
}
