import CPostgres
import Glibc

/// One connection to the server. Used by one thread at a time, which it may block, but never longer than until `deadline`.
@safe final class PostgresSession {
    /// Owned: closed in `deinit` and nowhere else.
    private let connection: OpaquePointer
    private let target: PostgresTarget
    let opened: ContinuousClock.Instant
    /// The names under which the server keeps statements that it has planned.
    private var prepared: [String: String] = [:]
    /// When the server must have answered; from then on the connection is of no use.
    var deadline = ContinuousClock.now
    /// False once the connection is lost, in an unknown state, or should be given up. It never becomes true again.
    private(set) var isUsable = true

    /// Connects; blocks as long as `connect_timeout` of the target says, for each address of the server.
    init(_ target: PostgresTarget) throws(PostgresError) {
        self.target = target
        unsafe connection = try unsafe Self.connect(target)
        opened = .now
        // The default writes notices to standard error.
        unsafe _ = PQsetNoticeReceiver(connection, { _, _ in }, nil)
        unsafe _ = PQsetnonblocking(connection, 1)
    }

    deinit {
        unsafe PQfinish(connection)
    }

    private static func connect(_ target: PostgresTarget) throws(PostgresError) -> OpaquePointer {
        let opened = unsafe target.withParameters { unsafe PQconnectdbParams($0, $1, 0) }
        guard let connection = unsafe opened else { throw PostgresError("out of memory") }
        guard unsafe PQstatus(connection) == CONNECTION_OK else {
            defer { unsafe PQfinish(connection) }
            throw PostgresError(target.tell(unsafe String(cString: PQerrorMessage(connection))))
        }
        return unsafe connection
    }

    /// Whether nothing has come from the server while nothing was asked: what would come is that it closes the connection.
    /// Costs no round trip.
    var isQuiet: Bool {
        var descriptor = pollfd(fd: unsafe PQsocket(connection), events: Int16(POLLIN), revents: 0)
        // One descriptor, alive during the call.
        let count = unsafe poll(&descriptor, 1, 0)
        return isUsable && count == 0
    }

    /// Whether no transaction is open, so that the next one may begin.
    var isIdle: Bool { unsafe PQtransactionStatus(connection) == PQTRANS_IDLE }

    /// Of the server, such as 150018 for 15.18.
    var serverVersion: Int { Int(unsafe PQserverVersion(connection)) }

    /// What the server told of itself when the connection was made.
    func setting(_ name: String) -> String? {
        // Owned by the connection and copied at once.
        unsafe PQparameterStatus(connection, name).map { unsafe String(cString: $0) }
    }

    /// Runs one statement, whose `$1` and so on are the parameters. It is planned once for each connection.
    /// - Parameter sql: one of a bounded set of constants.
    /// - Throws: what the server says. When the connection was lost, `isUsable` is false and whether the statement was done
    ///   is not known.
    @discardableResult
    func execute(_ sql: String, _ parameters: [PostgresValue] = []) throws(PostgresError) -> PostgresRows {
        let name = try prepare(sql, types: parameters.map(\.typeID))
        let isSent = unsafe Self.withBinary(parameters) { values, lengths, formats in
            unsafe PQsendQueryPrepared(connection, name, Int32(parameters.count), values, lengths, formats, 1)
        }
        return try answer(isSent: isSent == 1)
    }

    /// Runs one statement without parameters, as a text of its own.
    @discardableResult
    func run(_ sql: String) throws(PostgresError) -> PostgresRows {
        let isSent = unsafe PQsendQueryParams(connection, sql, 0, nil, nil, nil, nil, 1)
        return try answer(isSent: isSent == 1)
    }

    private func prepare(_ sql: String, types: [UInt32]) throws(PostgresError) -> String {
        if let name = prepared[sql] { return name }
        let name = "s\(prepared.count)"
        let isSent = unsafe PQsendPrepare(connection, name, sql, Int32(types.count), types)
        try answer(isSent: isSent == 1)
        prepared[sql] = name
        return name
    }

    // MARK: Waiting

    @discardableResult
    private func answer(isSent: Bool) throws(PostgresError) -> PostgresRows {
        guard isSent else { throw lost() }
        try flush()
        var rows: PostgresRows?
        // A statement has one result; NULL after it says that the connection is ready for the next.
        while let next = try nextResult() { rows = next }
        guard let rows else { throw lost() }
        guard rows.isError else { return rows }
        let error = rows.error
        let status = unsafe PQstatus(connection)
        if error.endsConnection || status != CONNECTION_OK { isUsable = false }
        throw PostgresError(target.tell(error.message), sqlState: error.sqlState, constraint: error.constraint)
    }

    private func nextResult() throws(PostgresError) -> PostgresRows? {
        while unsafe PQisBusy(connection) == 1 {
            try wait(for: POLLIN)
            guard unsafe PQconsumeInput(connection) == 1 else { throw lost() }
        }
        return unsafe PQgetResult(connection).map { unsafe PostgresRows($0) }
    }

    /// Sends what is still to be sent. What comes in meanwhile is read, or both sides could wait for each other.
    private func flush() throws(PostgresError) {
        while true {
            switch unsafe PQflush(connection) {
            case 0: return
            case 1:
                if try wait(for: POLLIN | POLLOUT) & POLLIN != 0 {
                    guard unsafe PQconsumeInput(connection) == 1 else { throw lost() }
                }
            default: throw lost()
            }
        }
    }

    /// - Returns: the events that have come.
    @discardableResult
    private func wait(for events: Int32) throws(PostgresError) -> Int32 {
        while true {
            let rest = (deadline - .now) / .milliseconds(1)
            guard rest > 0 else {
                isUsable = false
                throw PostgresError("no answer in time")
            }
            var descriptor = pollfd(fd: unsafe PQsocket(connection), events: Int16(events), revents: 0)
            // One descriptor, alive during the call. Interrupted by a signal it answers -1, and is called again.
            if unsafe poll(&descriptor, 1, Int32(min(rest.rounded(.up), 60_000))) > 0 { return Int32(descriptor.revents) }
        }
    }

    private func lost() -> PostgresError {
        isUsable = false
        return PostgresError(target.tell(unsafe String(cString: PQerrorMessage(connection))))
    }
}

extension PostgresSession {
    /// Runs `body` with the parameters as libpq wants them: pointers, lengths and formats, valid during the call.
    private static func withBinary<Value>(
        _ parameters: [PostgresValue],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, [Int32], [Int32]) -> Value
    ) -> Value {
        // One buffer for all, and a byte at its end, so that also an empty text has an address: NULL would be NULL.
        var buffer: [CChar] = []
        let places = parameters.map { parameter -> (start: Int, length: Int)? in
            guard let binary = parameter.binary else { return nil }
            buffer.append(contentsOf: binary.lazy.map { CChar(bitPattern: $0) })
            return (buffer.count - binary.count, binary.count)
        }
        buffer.append(0)
        return unsafe buffer.withUnsafeBufferPointer { bytes in
            let values = unsafe places.map { place in unsafe place.map { unsafe bytes.baseAddress.unsafelyUnwrapped + $0.start } }
            return unsafe values.withUnsafeBufferPointer { values in
                unsafe body(values.baseAddress, places.map { Int32($0?.length ?? 0) }, places.map { _ in 1 })
            }
        }
    }
}

extension PostgresTarget {
    /// Whether a server is there and takes connections at all, from whomever. Blocks as connecting does.
    var isAcceptingConnections: Bool { unsafe withParameters { unsafe PQpingParams($0, $1, 0) } == PQPING_OK }

    /// Runs `body` with the keywords and values as libpq wants them: two lists of C strings, each ended by NULL, valid during the call.
    fileprivate func withParameters<Value>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> Value
    ) -> Value {
        // Each text ends with a zero byte; texts from a URI have none inside.
        let texts = options.map { (Array($0.keyword.utf8CString), Array($0.value.utf8CString)) }
        let buffer = texts.flatMap { $0.0 + $0.1 }
        return unsafe buffer.withUnsafeBufferPointer { bytes in
            var (keywords, values): ([UnsafePointer<CChar>?], [UnsafePointer<CChar>?]) = unsafe ([], [])
            var start = 0
            for (keyword, value) in texts {
                unsafe keywords.append(bytes.baseAddress.map { unsafe $0 + start })
                unsafe values.append(bytes.baseAddress.map { unsafe $0 + start + keyword.count })
                start += keyword.count + value.count
            }
            unsafe keywords.append(nil)
            unsafe values.append(nil)
            // Neither is empty, so both have an address.
            return unsafe keywords.withUnsafeBufferPointer { keywords in
                unsafe values.withUnsafeBufferPointer { values in
                    unsafe body(keywords.baseAddress.unsafelyUnwrapped, values.baseAddress.unsafelyUnwrapped)
                }
            }
        }
    }
}
