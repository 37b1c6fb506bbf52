import Glibc
import Synchronization

/// A blocking TCP socket of the loopback interface, as the kernel gives it. It ends its waits after `patience`, so that no test can hang.
final class RawSocket: Sendable {
    struct Failure: Error { let what: String }

    /// Seconds.
    static let patience = 20

    private let descriptor: CInt
    private let isOpen = Mutex(true)

    private init(descriptor: CInt) {
        self.descriptor = descriptor
        var timeout = timeval(tv_sec: Self.patience, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        // The kernel copies the local.
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
    }

    /// - Parameter receiveBuffer: bytes that the kernel takes in before it holds the other side back; nil: its default.
    convenience init(connectingTo port: Int, receiveBuffer: Int? = nil) throws {
        self.init(descriptor: socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0))
        if let receiveBuffer { set(SO_RCVBUF, CInt(receiveBuffer)) }
        guard unsafe withAddress(port, { unsafe connect(descriptor, $0, $1) }) == 0 else { throw Failure(what: "connect: \(errno)") }
    }

    /// Holds a port on which nobody listens, so that no other test is given it. What listens on it later is bound to the same port.
    static func holdingPort(_ port: Int = 0) throws -> RawSocket {
        let socket = RawSocket(descriptor: socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0))
        socket.set(SO_REUSEADDR, CInt(1))
        guard unsafe socket.withAddress(port, { unsafe bind(socket.descriptor, $0, $1) }) == 0 else {
            throw Failure(what: "bind: \(errno)")
        }
        return socket
    }

    /// - Parameter port: 0 takes a free one.
    static func listening(port: Int = 0, backlog: Int = 1024, receiveBuffer: Int? = nil) throws -> RawSocket {
        let socket = try holdingPort(port)
        if let receiveBuffer { socket.set(SO_RCVBUF, CInt(receiveBuffer)) }
        guard listen(socket.descriptor, CInt(backlog)) == 0 else { throw Failure(what: "listen: \(errno)") }
        return socket
    }

    /// Changes how many connections may wait to be accepted.
    func setBacklog(_ backlog: Int) { listen(descriptor, CInt(backlog)) }

    deinit { close() }

    /// The port it is bound to.
    var port: Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // The address is a local that outlives the call, and `length` is its size.
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = unsafe getsockname(descriptor, $0, &length) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Nil when the socket was shut down, or nobody came in time.
    func accept() -> RawSocket? {
        while true {
            let accepted = Glibc.accept(descriptor, nil, nil)
            if accepted >= 0 { return RawSocket(descriptor: accepted) }
            // A listener waits as long as it is open.
            guard errno == EAGAIN || errno == EINTR || errno == ECONNABORTED, isOpen.withLock({ $0 }) else { return nil }
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = write(bytes, from: sent, CInt(MSG_NOSIGNAL))
            guard count > 0 else { throw Failure(what: "send: \(errno)") }
            sent += count
        }
    }

    /// Sends what the kernel takes at once; how many bytes that was.
    func sendWithoutWaiting(_ bytes: [UInt8]) -> Int { max(0, write(bytes, from: 0, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))) }

    private func write(_ bytes: [UInt8], from start: Int, _ flags: CInt) -> Int {
        // `start` is below the count.
        unsafe bytes.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress! + start, $0.count - start, flags) }
    }

    /// What has come, at least one byte; empty at the end of the stream.
    func receive(atMost limit: Int = 65536) throws -> [UInt8] {
        let (bytes, count) = read(limit, 0)
        if count < 0 { throw Failure(what: errno == EAGAIN ? "nothing came within \(Self.patience) s" : "receive: \(errno)") }
        return bytes
    }

    /// What has come already, perhaps nothing; nil at the end of the stream or when it was reset.
    func receiveWithoutWaiting(atMost limit: Int = 65536) -> [UInt8]? {
        let (bytes, count) = read(limit, CInt(MSG_DONTWAIT))
        if count < 0 { return errno == EAGAIN ? [] : nil }
        return count == 0 ? nil : bytes
    }

    private func read(_ limit: Int, _ flags: CInt) -> ([UInt8], Int) {
        var count = 0
        // The buffer has room for the limit.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
            count = unsafe recv(descriptor, buffer.baseAddress, limit, flags)
            initialized = max(0, count)
        }
        return (bytes, count)
    }

    /// No more will be sent.
    func finish() { isOpen.withLock { if $0 { Glibc.shutdown(descriptor, CInt(SHUT_WR)) } } }

    /// Ends both directions and whatever waits on them.
    func shutdown() {
        isOpen.withLock {
            guard $0 else { return }
            Glibc.shutdown(descriptor, CInt(SHUT_RDWR))
        }
    }

    /// Ends a listener: `accept` returns nil.
    func stopListening() {
        shutdown()
        close()
    }

    /// Ends the connection with RST, whatever was still to be sent.
    func reset() {
        set(SO_LINGER, linger(l_onoff: 1, l_linger: 0))
        close()
    }

    func close() {
        isOpen.withLock {
            guard $0 else { return }
            $0 = false
            Glibc.close(descriptor)
        }
    }

    private func set<Value>(_ option: CInt, _ value: Value) {
        var value = value
        // The kernel copies the local, whose size is given.
        unsafe withUnsafeBytes(of: &value) { _ = unsafe setsockopt(descriptor, SOL_SOCKET, option, $0.baseAddress, socklen_t($0.count)) }
    }

    private func withAddress(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        // The address is a local that outlives the call.
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
