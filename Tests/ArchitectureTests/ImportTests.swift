import Foundation
import Testing

/// The drawing of the architecture as a table. SwiftPM does not stop an import of what a dependency depends on; these tests do.
@Suite("The architecture")
struct ImportTests {
    /// What each target may import.
    static let arrows: [String: Set<String>] = [
        "OpenSSLCrypto": ["COpenSSL", "Synchronization"],
        "StrictJSON": [],
        "Access": [],
        "Customers": [],
        "SharedState": [],
        "HTTPWire": [],
        "Tokens": ["OpenSSLCrypto", "StrictJSON", "Synchronization"],
        "GatewayCore": ["Access", "HTTPWire", "OpenSSLCrypto", "SharedState", "StrictJSON", "Synchronization", "Tokens"],
        "CustomerAPI": ["Access", "Customers", "GatewayCore", "OpenSSLCrypto", "StrictJSON", "Synchronization"],
        "CustomerStoreSQLite": ["Customers", "Foundation", "GRDB", "Glibc", "SharedState", "Synchronization"],
        "CustomerStorePostgres": ["CPostgres", "Customers", "Dispatch", "Foundation", "Glibc", "SharedState", "Synchronization"],
        "GatewayConfiguration": [
            "Access", "Foundation", "GatewayCore", "Glibc", "OpenSSLCrypto", "StrictJSON", "Synchronization", "Tokens", "Yams",
        ],
        "GatewayServer": [
            "Access", "CustomerAPI", "GatewayCore", "Glibc", "HTTPWire", "Logging", "NIOConcurrencyHelpers", "NIOCore", "NIOHPACK",
            "NIOHTTP2", "NIOPosix", "NIOSSL", "NIOTLS", "OpenSSLCrypto", "SharedState", "StrictJSON", "Synchronization", "Tokens",
        ],
        "GatewayTesting": [
            "Access", "Customers", "Foundation", "GatewayCore", "Glibc", "OpenSSLCrypto", "SharedState", "StrictJSON", "Synchronization",
            "Testing", "Tokens",
        ],
    ]

    /// The program and the C modules: anything goes.
    static let free: Set<String> = ["gatehouse", "COpenSSL", "CPostgres"]

    struct Source: Sendable {
        let target: String
        /// Relative to Sources.
        let path: String
        let lines: [String]
    }

    static let sources: [Source] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources")
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        return (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }.compactMap { file in
            let path = String(file.path.dropFirst(root.path.count + 1))
            guard let text = try? String(contentsOf: file, encoding: .utf8), let target = path.split(separator: "/").first,
                // What partners copy is no part of the gateway.
                target != "Documentation"
            else {
                return nil
            }
            return Source(target: String(target), path: path, lines: text.components(separatedBy: "\n"))
        }
    }()

    @Test("every target of Sources is in the table")
    func targets() {
        let known = Set(Self.arrows.keys).union(Self.free)
        #expect(Set(Self.sources.map(\.target)).isSubset(of: known))
        #expect(Self.sources.count > 50)
    }

    @Test("imports follow the arrows", arguments: arrows.keys.sorted())
    func imports(target: String) {
        for source in Self.sources where source.target == target {
            for line in source.lines {
                var words = line.split(separator: " ")[...]
                while let first = words.first, ["package", "public", "internal", "private", "@preconcurrency", "@testable"].contains(first)
                {
                    words = words.dropFirst()
                }
                guard words.first == "import", let module = words.last?.split(separator: ".").first else { continue }
                #expect(Self.arrows[target]?.contains(String(module)) == true, "\(source.path) imports \(module)")
            }
        }
    }

    @Test("only those who judge credentials, and the policy's own tools, assert a principal")
    func asserting() {
        let allowed = ["GatewayCore/Authenticators/", "Access/"]
        for source in Self.sources where !allowed.contains(where: { source.path.hasPrefix($0) }) {
            for line in source.lines where line.contains("asserting") { Issue.record("\(source.path): \(line)") }
        }
    }

    @Test("a grant is made in Policy.swift alone")
    func grants() {
        for source in Self.sources where source.path != "Access/Policy.swift" {
            for line in source.lines where line.contains(/\bGrant\(/) && !line.contains("///") { Issue.record("\(source.path): \(line)") }
        }
    }

    @Test("secrets are compared by nothing but ConstantTime, and OpenSSL is called in one target")
    func openSSL() {
        for source in Self.sources where source.target != "OpenSSLCrypto" {
            for line in source.lines where !line.contains("///") && (line.contains("CRYPTO_") || line.contains("EVP_")) {
                Issue.record("\(source.path): \(line)")
            }
        }
    }

    /// Outside of the target that wraps C, the files where `unsafe` may stand, and what for.
    static let unsafeFiles: [String: String] = [
        "Access/Method.swift": "reads the bytes of string literals",
        "Access/RequestTarget.swift": "reads the bytes of string literals",
        "CustomerStorePostgres/Libpq/PostgresRows.swift": "calls libpq",
        "CustomerStorePostgres/Libpq/PostgresSession.swift": "calls libpq, and waits for its sockets",
        "CustomerStorePostgres/Libpq/PostgresTarget.swift": "calls libpq",
        "GatewayTesting/PostgresServer.swift": "asks the system for a free port",
        "GatewayConfiguration/Files/OpenFile.swift": "reads and writes files by their descriptors",
        "GatewayCore/TokenMemory.swift": "hands the bytes of a token to the hasher",
        "GatewayServer/Decisions/DecisionFile.swift": "reads and writes a file by its descriptor",
        "GatewayServer/Metrics/ProcessFacts.swift": "reads what the system says of the process",
        "GatewayTesting/SpawnedProcess.swift": "spawns programs",
        "GatewayTesting/ThreadExecutor.swift": "runs the jobs of tasks",
        "GatewayCore/Outbound/HeaderHygiene.swift": "reads the bytes of string literals",
        "CustomerStoreSQLite/WatchedFile.swift": "asks the system which file a path names",
        "GatewayServer/LoopTaskExecutor.swift": "runs the jobs of tasks",
        "GatewayServer/WallClock.swift": "asks the system for the time",
        "HTTPWire/KnownField.swift": "reads the bytes of string literals",
        "HTTPWire/ByteArray.swift": "copies the bytes of spans, string literals and numbers",
        "HTTPWire/ByteScan.swift": "reads eight bytes at a time",
        "Tokens/Base64URL.swift": "reads six bytes and writes eight at a time",
        "gatehouse/Serve/OpenFileLimit.swift": "asks the system how many files may be open",
        "StrictJSON/JSONText.swift": "copies the bytes of spans",
        "StrictJSON/JSONScanner.swift": "reads the bytes of string literals",
    ]

    @Test("`unsafe` stands only where C is called, and in the files of a short list")
    func unsafeFilesAreListed() {
        for source in Self.sources where source.target != "OpenSSLCrypto" && Self.unsafeFiles[source.path] == nil {
            for line in source.lines {
                let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
                if code.split(separator: " ").contains(where: { $0.hasSuffix("unsafe") }) { Issue.record("\(source.path): \(line)") }
            }
        }
    }

    @Test("no trap, no forced try and no unfinished work without a reason beside it")
    func traps() {
        for source in Self.sources {
            for (index, line) in source.lines.enumerated() {
                let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
                for word in ["fatalError(", "try!", "as!", "TODO", "FIXME"] where code.contains(word) {
                    let above = source.lines[max(0, index - 6)..<index]
                    #expect(above.contains { $0.contains("//") }, "\(source.path):\(index + 1) has \(word)")
                }
            }
        }
    }
}
