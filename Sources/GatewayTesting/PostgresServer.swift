import Foundation
import Glibc
import Synchronization

/// A PostgreSQL server of the tests' own: a fresh data directory, a free port of the loopback address, a user with a password, and a
/// process that ends with the test program, however that ends.
package final class PostgresServer: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package static let user = "gatehouse"
    /// Has the characters that a URI needs encoded.
    package static let password = "p@ss:w/rd#1"
    private static let encodedPassword = "p%40ss%3Aw%2Frd%231"

    package let port: Int
    private let directory: URL
    private let programs: String
    /// Processes that run as the superuser of the machine would be refused by the server.
    private let asUser: [String]
    private let running = Mutex<Running?>(nil)
    private let databases = Mutex(0)

    private struct Running {
        let server: pid_t
        /// While it is open the server lives.
        let leash: FileHandle
        let supervisor: SpawnedProcess
    }

    /// The one server that tests share unless they stop it. Progress is told on standard error.
    package static let shared = Result { try PostgresServer() }

    /// Makes the directory and starts the server. Blocks until it can be used.
    /// - Parameter isDurable: whether commits are flushed to the disk; tests that kill nothing are faster without.
    package init(isDurable: Bool = false) throws {
        programs = try Self.findPrograms()
        asUser = getuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] : []
        port = try Self.freePort()
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-postgres-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let passwordFile = directory.appendingPathComponent("password")
        try Data(Self.password.utf8).write(to: passwordFile)
        if !asUser.isEmpty { try Self.run(["chown", "-R", "postgres:postgres", directory.path]) }
        Self.tell("initdb in \(directory.path)")
        try Self.run(
            asUser + [
                programs + "/initdb", "--pgdata", directory.path + "/data", "--username", Self.user, "--pwfile", passwordFile.path,
                "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions",
            ])
        let settings = ["log_min_messages = error", "max_connections = 1000", isDurable ? "fsync = on" : "fsync = off"]
        let file = directory.appendingPathComponent("data/postgresql.auto.conf")
        try Data(settings.map { $0 + "\n" }.joined().utf8).write(to: file)
        try start()
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(at: directory)
    }

    /// - Parameters:
    ///   - password: as it stands in a URI.
    package func uri(database: String, password: String = encodedPassword) -> String {
        "postgres://\(Self.user):\(password)@127.0.0.1:\(port)/\(database)"
    }

    /// An empty database.
    /// - Returns: its URI.
    package func makeDatabase(encoding: String = "UTF8") throws -> String {
        let number = databases.withLock { number in
            number += 1
            return number
        }
        try execute("CREATE DATABASE test\(number) TEMPLATE template0 ENCODING '\(encoding)'", in: "postgres")
        return uri(database: "test\(number)")
    }

    /// Runs SQL as another program would.
    /// - Returns: what it answers, columns divided by `|`.
    @discardableResult
    package func execute(_ sql: String, in database: String) throws -> String {
        try Self.run(
            [
                programs + "/psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--host",
                "127.0.0.1",
                "--port", "\(port)", "--username", Self.user, "--dbname", database, "--command", sql,
            ], environment: ["PGPASSWORD": Self.password])
    }

    // MARK: The process

    /// Starts the server on its directory and port. Blocks until it can be used.
    package func start() throws {
        let leash = Pipe()
        let told = Pipe()
        let supervisor = SpawnedProcess()
        supervisor.executableURL = URL(fileURLWithPath: "/bin/sh")
        // The shell ends the server, by its own process id, when its input ends: with `stop`, and with the test program.
        // Only a server that nobody stopped leaves its directory to be removed here.
        supervisor.arguments = [
            "-c",
            #""$@" </dev/null >"$0/log" 2>&1 & pid=$!; echo $pid; read -r order; kill -INT $pid 2>/dev/null; wait $pid; [ "$order" ] || rm -rf "$0""#,
            directory.path,
        ]
        supervisor.arguments +=
            asUser + [
                programs + "/postgres", "-D", directory.path + "/data", "-p", "\(port)", "-c", "listen_addresses=127.0.0.1", "-c",
                "unix_socket_directories=",
            ]
        supervisor.standardInput = leash
        supervisor.standardOutput = told
        // Or whoever reads the output of the tests would wait for the server.
        supervisor.standardError = FileHandle.nullDevice
        try supervisor.run()
        let line = String(decoding: told.fileHandleForReading.availableData, as: UTF8.self)
        guard let server = pid_t(line.trimmingCharacters(in: .newlines)) else { throw Failure(description: "no process id: \(line)") }
        running.withLock { $0 = Running(server: server, leash: leash.fileHandleForWriting, supervisor: supervisor) }
        Self.tell("process \(server), port \(port)")
        let end = Date.now + 60
        while (try? execute("SELECT 1", in: "postgres")) == nil {
            guard Date.now < end, supervisor.isRunning else {
                stop()
                let log = try? String(contentsOf: directory.appendingPathComponent("log"), encoding: .utf8)
                throw Failure(description: "the server did not start: \(log ?? "")")
            }
            Thread.sleep(forTimeInterval: 0.1)
        }
        Self.tell("ready")
    }

    /// Ends the server in an orderly way. Blocks until it has ended.
    package func stop() {
        end { $0.leash.write(Data("stop\n".utf8)) }
    }

    /// Ends the server as a power failure would. Its directory stays as it is then.
    package func kill() {
        end { running in
            _ = Glibc.kill(running.server, SIGKILL)
            running.leash.write(Data("stop\n".utf8))
        }
    }

    private func end(_ how: (Running) -> Void) {
        guard let running = running.withLock({ $0.take() }) else { return }
        how(running)
        running.supervisor.waitUntilExit()
        try? running.leash.close()
        Self.tell("process \(running.server) has ended")
    }

    // MARK: Helpers

    /// Debian keeps them beside each other by version, outside of the path.
    private static func findPrograms() throws -> String {
        let root = "/usr/lib/postgresql"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap { Int($0) }.filter { $0 >= 15 }
        for folder in versions.sorted().map({ "\(root)/\($0)/bin" }) + ["/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin"]
        where ["initdb", "postgres", "psql"].allSatisfy({ FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)") }) {
            return folder
        }
        throw Failure(description: "no PostgreSQL 15 or newer is installed; `make setup` installs it")
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // A `sockaddr_in` seen as the `sockaddr` it begins with, alive during the calls.
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
                unsafe bind(descriptor, general, length) == 0 ? getsockname(descriptor, general, &length) : -1
            }
        }
        guard result == 0 else { throw Failure(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func tell(_ text: String) {
        FileHandle.standardError.write(Data("postgresql: \(text)\n".utf8))
    }

    @discardableResult
    private static func run(_ command: [String], environment: [String: String] = [:]) throws -> String {
        let process = SpawnedProcess()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        // What these commands complain of fits a pipe.
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let complaint = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
            throw Failure(description: "\(command.first { !$0.hasPrefix("-") && $0.contains("/") } ?? command[0]): \(complaint)")
        }
        return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}
