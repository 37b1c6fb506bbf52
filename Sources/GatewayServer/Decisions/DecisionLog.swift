import Glibc
package import Logging
import NIOConcurrencyHelpers
import NIOPosix
import OpenSSLCrypto
import Synchronization

/// Where decision records go: chained by SHA-256 and appended by one thread, so that writing never holds up a request.
///
/// The `hash` of a line is over its bytes up to `,"hash":`, which include `prev`, the hash of the line before.
package final class DecisionLog: Sendable {
    package enum Target: Sendable, Equatable {
        case file(String)
        case standardOutput
        case off
    }

    /// Bytes waiting to be written beyond which records are dropped and counted, so that a stuck disk does not fill the memory.
    private static let backlogLimit = 64 << 20

    private let target: Target
    private let logger: Logger
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let waiting = Atomic<Int>(0)
    private let unwrittenCount = Atomic<Int>(0)
    /// Only the one thread of the pool uses it; the lock makes that plain.
    private let chain: NIOLockedValueBox<Chain?>

    /// Records that could not be written since the start.
    package var unwritten: Int { unwrittenCount.load(ordering: .relaxed) }

    /// - Throws: `DecisionLogError` when the file cannot be opened; its folder must exist.
    package init(_ target: Target, logger: Logger) throws {
        self.target = target
        self.logger = logger
        switch target {
        case .off: chain = NIOLockedValueBox(nil)
        case .standardOutput: chain = NIOLockedValueBox(Chain(descriptor: STDOUT_FILENO, previous: Chain.start))
        case .file(let path): chain = NIOLockedValueBox(try Chain(appendingTo: path))
        }
        thread.start()
    }

    package var isOff: Bool { target == .off }

    /// Hands records over, in the form that `DecisionBuffer` makes. Returns at once.
    package func submit(_ lines: [UInt8], count: Int) {
        guard !isOff, count > 0 else { return }
        guard waiting.load(ordering: .relaxed) < Self.backlogLimit else {
            unwrittenCount.add(count, ordering: .relaxed)
            return
        }
        waiting.add(lines.count, ordering: .relaxed)
        thread.submit { _ in self.write(lines, count: count) }
    }

    /// Writes what is waiting, then closes the file.
    package func stop() async {
        try? await thread.runIfActive {
            self.chain.withLockedValue { chain in
                if self.target != .standardOutput { chain?.close() }
                chain = nil
            }
        }
        try? await thread.shutdownGracefully()
    }

    private func write(_ lines: [UInt8], count: Int) {
        defer { waiting.subtract(lines.count, ordering: .relaxed) }
        let failure = chain.withLockedValue { chain in chain?.append(lines) }
        guard let failure else { return }
        unwrittenCount.add(count, ordering: .relaxed)
        logger.error("decision records could not be written", metadata: ["records": "\(count)", "reason": "\(failure)"])
    }
}

package struct DecisionLogError: Error, CustomStringConvertible {
    package let description: String
}

/// The open file and the hash of its last line.
private struct Chain: Sendable {
    static let start = String(repeating: "0", count: 64)

    private let descriptor: CInt
    private var previous: [UInt8]

    init(descriptor: CInt, previous: String) {
        self.descriptor = descriptor
        self.previous = Array(previous.utf8)
    }

    init(appendingTo path: String) throws {
        // Read as well, to find the last line.
        descriptor = unsafe open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw DecisionLogError(description: "cannot open the decision log \(path): \(unsafe String(cString: strerror(errno)))")
        }
        previous = Array(Self.start.utf8)
        let tail = Self.tail(of: descriptor)
        if let last = tail.last, last != UInt8(ascii: "\n") { _ = Self.writeAll(descriptor, [UInt8(ascii: "\n")]) }
        if let hash = Self.lastHash(in: tail) { previous = hash }
    }

    func close() {
        fsync(descriptor)
        Glibc.close(descriptor)
    }

    /// Nil when all was written, else why not.
    mutating func append(_ lines: [UInt8]) -> String? {
        var output: [UInt8] = []
        output.reserveCapacity(lines.count + lines.count / 2)
        var last = previous
        var next = 0
        while let end = lines[next...].firstIndex(of: UInt8(ascii: "\n")) {
            let start = output.count
            output.append(contentsOf: lines[next..<end])
            next = end + 1
            output.append(contentsOf: #","prev":""#.utf8)
            output.append(contentsOf: last)
            output.append(UInt8(ascii: "\""))
            last = Self.hex(Digest.hash(.sha256, output.span.extracting(start..<output.count)))
            output.append(contentsOf: #","hash":""#.utf8)
            output.append(contentsOf: last)
            output.append(contentsOf: "\"}\n".utf8)
        }
        if let failure = Self.writeAll(descriptor, output) { return failure }
        previous = last
        return nil
    }

    private static func writeAll(_ descriptor: CInt, _ bytes: [UInt8]) -> String? {
        var written = 0
        while written < bytes.count {
            // `written` is below the count, so what is written lies in the buffer.
            let part = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress! + written, $0.count - written) }
            if part < 0 {
                if errno == EINTR { continue }
                return unsafe String(cString: strerror(errno))
            }
            written += part
        }
        return nil
    }

    /// The last 64 KiB of the file.
    private static func tail(of descriptor: CInt) -> [UInt8] {
        let size = lseek(descriptor, 0, SEEK_END)
        guard size > 0 else { return [] }
        let length = min(Int(size), 64 << 10)
        var bytes = [UInt8](repeating: 0, count: length)
        // The buffer has room for `length` bytes.
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, length, size - off_t(length)) }
        return Array(bytes.prefix(max(0, count)))
    }

    private static func lastHash(in tail: [UInt8]) -> [UInt8]? {
        let marker = Array(#","hash":""#.utf8)
        for line in tail.split(separator: UInt8(ascii: "\n")).reversed() where line.count > 75 {
            let end = line.endIndex - 2
            guard line[(end - 64 - marker.count)..<(end - 64)].elementsEqual(marker) else { continue }
            return Array(line[(end - 64)..<end])
        }
        return nil
    }

    private static func hex(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            result.append(digits[Int(byte >> 4)])
            result.append(digits[Int(byte & 15)])
        }
        return result
    }
}
