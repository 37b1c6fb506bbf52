import Foundation
import GatewayTesting
import Synchronization

/// An upstream that counts connections, keeps every byte that it gets, and answers by a script.
///
/// It blocks, on threads of its own: the few threads that everything else in the process runs on stay free (see `ThreadExecutor`).
final class RecordingUpstream: Sendable {
    /// All that has come so far.
    struct Record: Sendable {
        /// Ever opened.
        var connections = 0
        /// Of these, the ones that have ended.
        var ended = 0
        /// What came on each connection, its first MiB.
        var bytes: [[UInt8]] = []
        /// Bytes of all connections.
        var byteCount = 0
        /// In the order in which their heads were complete. A request whose body did not come whole is here too.
        var requests: [UpstreamRequest] = []
    }

    let port: Int
    private let listener: RawSocket
    private let script: UpstreamScript
    private let state = Mutex(Record())
    private let open = Mutex<[Int: RawSocket]>([:])

    /// - Parameters:
    ///   - port: 0 takes a free one.
    ///   - receiveBuffer: bytes that the kernel takes in before it holds the gateway back; nil: its default.
    ///   - door: until it is open, connections are not even established: the gateway goes on trying.
    init(_ script: UpstreamScript = .normal, port: Int = 0, receiveBuffer: Int? = nil, door: Gate? = nil) throws {
        listener = try RawSocket.listening(port: port, backlog: door == nil ? 1024 : 0, receiveBuffer: receiveBuffer)
        self.port = listener.port
        self.script = script
        // One in a queue of none: no SYN is answered from here on.
        let first = try door.map { _ in try RawSocket(connectingTo: listener.port) }
        Thread.detachNewThread { [self] in
            if let door {
                try? door.wait()
                listener.setBacklog(1024)
                _ = listener.accept()
                first?.close()
            }
            acceptConnections()
        }
    }

    var record: Record { state.withLock { $0 } }
    var requests: [UpstreamRequest] { record.requests }
    /// How many connections carried the requests.
    var usedConnections: Int { Set(requests.map(\.connection)).count }

    /// Ends the listener and every connection. Nothing listens on the port afterwards.
    func stop() {
        listener.stopListening()
        for socket in open.withLock({ $0.values }) { socket.shutdown() }
    }

    /// Waits until the record is as the test wants it, for at most `RawSocket.patience`.
    func wait(for what: String, until isSo: (Record) -> Bool) throws {
        let end = ContinuousClock.now + .seconds(RawSocket.patience)
        while !state.withLock({ isSo($0) }) {
            guard ContinuousClock.now < end else { throw RawSocket.Failure(what: "the upstream has never seen \(what): \(summary)") }
            Thread.sleep(forTimeInterval: 0.001)
        }
    }

    private var summary: String {
        let record = record
        return "\(record.connections) connections, \(record.ended) ended, \(record.byteCount) bytes, \(record.requests.map(\.line))"
    }

    private func acceptConnections() {
        while let socket = listener.accept() {
            let index = state.withLock { record in
                record.connections += 1
                record.bytes.append([])
                return record.connections - 1
            }
            open.withLock { $0[index] = socket }
            let connection = UpstreamConversation(
                socket, index: index,
                received: { [self] bytes in
                    state.withLock { record in
                        record.byteCount += bytes.count
                        if record.bytes[index].count < 1 << 20 { record.bytes[index] += bytes }
                    }
                },
                begun: { [self] request in
                    state.withLock { record in
                        record.requests.append(request)
                        return record.requests.count - 1
                    }
                },
                changed: { [self] number, request in state.withLock { $0.requests[number] = request } }
            )
            Thread.detachNewThread { [self] in
                connection.run(script)
                open.withLock { $0[index] = nil }
                socket.close()
                state.withLock { $0.ended += 1 }
            }
        }
    }
}

/// A request as an upstream got it.
struct UpstreamRequest: Sendable {
    /// Which connection it came on, from 0.
    let connection: Int
    /// The request line and the fields, without the empty line.
    let head: String
    var body: [UInt8] = []
    /// Whether the body has come to its end. Until then `body` is what has come of its first MiB.
    var isWhole = false

    var line: String { head.split(separator: "\r\n").first.map(String.init) ?? "" }
    var method: String { line.split(separator: " ").first.map(String.init) ?? "" }
    var target: String { line.split(separator: " ").dropFirst().first.map(String.init) ?? "" }

    /// The fields as they came.
    var fields: [(name: String, value: String)] {
        head.split(separator: "\r\n").dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? parts[1].trimmingPrefix(" ").description : "")
        }
    }

    /// The values of the fields that a backend may take for this one: it folds case, `_` and `.`.
    func values(_ name: String) -> [String] { fields.filter { Self.folded($0.name) == name }.map(\.value) }

    /// The value of a field that must be there once or not at all; several are joined so that no test takes one of them for the value.
    subscript(name: String) -> String? {
        let values = values(name)
        return values.isEmpty ? nil : values.joined(separator: " AND ")
    }

    /// As CGI, WSGI and PHP do: lower case, and every other character than a letter or digit is the same.
    static func folded(_ name: String) -> String {
        String(name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
    }

    var text: String { String(decoding: body, as: UTF8.self) }
}
