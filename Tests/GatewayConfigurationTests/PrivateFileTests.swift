import Foundation
import Testing

@testable import GatewayConfiguration

@Suite struct PrivateFileTests {
    @Test func aFileIsCreatedForItsOwnerAloneWhateverTheUmask() throws {
        let folder = try TemporaryFolder()
        try PrivateFile.makeDirectory(folder.file("a/b/c"))
        try PrivateFile.create(folder.file("a/b/c/key"), contents: Array("secret".utf8))
        #expect(try folder.mode("a/b/c/key") == 0o600)
        for directory in ["a", "a/b", "a/b/c"] { #expect(try folder.mode(directory) == 0o700) }
        #expect(try PrivateFile.read(folder.file("a/b/c/key")) == Array("secret".utf8))
        // Nothing else is left behind.
        #expect(try folder.names("a/b/c") == ["key"])
    }

    @Test func creatingNeverOverwrites() throws {
        let folder = try TemporaryFolder()
        try folder.write("key", "old")
        #expect {
            try PrivateFile.create(folder.file("key"), contents: [1])
        } throws: { ($0 as? FileError)?.isExisting == true }
        #expect(try folder.read("key") == "old")
        #expect(try folder.names() == ["key"])
        // Not even what is a link to nowhere.
        try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: folder.file("elsewhere"))
        #expect(throws: FileError.self) { try PrivateFile.create(folder.file("link"), contents: [1]) }
        #expect(try folder.names() == ["key", "link"])
    }

    @Test func replacingMakesTheFilePrivateAndKeepsNothingOfTheOldOne() throws {
        let folder = try TemporaryFolder()
        try folder.write("key", "a long old text", mode: 0o644)
        try PrivateFile.replace(folder.file("key"), contents: Array("new".utf8))
        #expect(try folder.read("key") == "new")
        #expect(try folder.mode("key") == 0o600)
        #expect(try folder.names() == ["key"])
    }

    /// A reader that has the old file open goes on reading the old file: it is another one, and never written into.
    @Test func aReaderSeesTheOldFileOrTheNewOne() throws {
        let folder = try TemporaryFolder()
        try folder.write("key", "old")
        let reader = try OpenFile(folder.file("key"), for: .reading)
        try PrivateFile.replace(folder.file("key"), contents: Array("new".utf8))
        #expect(try reader.readToEnd(limit: 100) == Array("old".utf8))
        #expect(try PrivateFile.read(folder.file("key")) == Array("new".utf8))
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o666, 0o777])
    func aFileThatOthersMayTouchIsRefusedWithTheCommandThatMendsIt(mode: Int) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("key", "secret", mode: mode)
        #expect {
            try PrivateFile.read(path)
        } throws: { error in
            "\(error)" == "\(path): group or others can read it (mode 0\(String(mode, radix: 8))): chmod 600 \(path)"
        }
    }

    @Test(arguments: [0o600, 0o400, 0o700])
    func aFileOfItsOwnerAloneIsRead(mode: Int) throws {
        let folder = try TemporaryFolder()
        #expect(try PrivateFile.read(try folder.write("key", "secret", mode: mode)) == Array("secret".utf8))
    }

    @Test func whatIsNoFileIsRefused() throws {
        let folder = try TemporaryFolder()
        #expect { try PrivateFile.read(folder.file("absent")) } throws: { ($0 as? FileError)?.isMissing == true }
        try PrivateFile.makeDirectory(folder.file("directory"))
        #expect(throws: FileError(path: folder.file("directory"), reason: "is not a file")) {
            try PrivateFile.read(folder.file("directory"))
        }
        #expect(throws: FileError.self) { try PrivateFile.read("\(folder.path)/a\0b") }
        #expect(throws: FileError.self) { try PrivateFile.read("/dev/zero") }
        try folder.write("large", String(repeating: "x", count: PrivateFile.largestSize + 1))
        #expect(throws: FileError.self) { try PrivateFile.read(folder.file("large")) }
        try folder.write("file", "")
        #expect(throws: FileError.self) { try PrivateFile.makeDirectory(folder.file("file")) }
    }

    @Test func aPathIsQuotedForTheShell() {
        #expect(PrivateFile.shellQuoted("keys/a_b-1.json") == "keys/a_b-1.json")
        #expect(PrivateFile.shellQuoted("my keys/it's") == #"'my keys/it'\''s'"#)
        #expect(PrivateFile.shellQuoted("-rf") == "'-rf'")
    }

    @Test func theLockIsHeldByOneAtATime() throws {
        let folder = try TemporaryFolder()
        let second = try FolderLock.hold(folder: folder.path) {
            Result { try FolderLock.hold(folder: folder.path, patienceSeconds: 0) {} }
        }
        #expect { try second.get() } throws: { "\($0)".contains("another gatehouse command has been changing") }
        try FolderLock.hold(folder: folder.path, patienceSeconds: 0) {}
        #expect(try folder.mode(".lock") == 0o600)
        #expect(throws: FileError.self) { try FolderLock.hold(folder: folder.file("absent")) {} }
    }

    @Test func whatAKilledCommandLeftIsTakenAwayByTheNext() throws {
        let folder = try TemporaryFolder()
        try folder.write(".acme.json.1f.tmp", "{ half")
        try folder.write("acme.json", "{}")
        try folder.write(".hidden", "")
        PrivateFile.removeLeftovers(in: folder.path)
        #expect(try folder.names() == [".hidden", "acme.json"])
    }
}
