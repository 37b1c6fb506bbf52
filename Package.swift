// swift-tools-version: 6.2
import PackageDescription

/// The drawing in README.md as code: every arrow points at what is imported. `Tests/ArchitectureTests` holds the same table
/// against the sources, since SwiftPM does not stop a transitive import.
let package = Package(
    name: "gatehouse",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "gatehouse", targets: ["gatehouse"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // Security floor: CVE-2026-28980 and CVE-2026-43671 are fixed in 2.100.0.
        .package(url: "https://github.com/apple/swift-nio", from: "2.100.0"),
        // Security floor: CVE-2026-28898 and MadeYouReset are fixed in 1.44.0.
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.44.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Safe C
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "OpenSSLCrypto", dependencies: ["COpenSSL"]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),

        // Cores: pure
        .target(name: "StrictJSON"),
        .target(name: "Access"),
        .target(name: "Customers"),
        .target(name: "SharedState"),
        .target(name: "Tokens", dependencies: ["OpenSSLCrypto", "StrictJSON"]),
        .target(name: "HTTPWire"),

        // Pipeline and adapter
        .target(name: "GatewayCore", dependencies: ["Access", "HTTPWire", "OpenSSLCrypto", "SharedState", "StrictJSON", "Tokens"]),
        .target(name: "CustomerAPI", dependencies: ["Access", "Customers", "GatewayCore", "OpenSSLCrypto", "StrictJSON"]),

        // Edges: I/O
        .target(
            name: "CustomerStoreSQLite",
            dependencies: ["Customers", "SharedState", .product(name: "GRDB", package: "GRDB.swift")]
        ),
        .target(name: "CustomerStorePostgres", dependencies: ["CPostgres", "Customers", "SharedState"]),
        .target(name: "GatewayTesting", dependencies: ["Customers", "SharedState"]),
        .target(
            name: "GatewayConfiguration",
            dependencies: ["Access", "GatewayCore", "OpenSSLCrypto", "StrictJSON", "Tokens", "Yams"],
            // A link to the file in policies, so that the installed program needs none beside it.
            resources: [.embedInCode("policy.schema.json")]
        ),
        .target(
            name: "GatewayServer",
            dependencies: [
                "Access", "CustomerAPI", "GatewayCore", "HTTPWire", "OpenSSLCrypto", "SharedState", "StrictJSON", "Tokens",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ]
        ),

        // Program
        .executableTarget(
            name: "gatehouse",
            dependencies: [
                "Access", "CustomerAPI", "CustomerStorePostgres", "CustomerStoreSQLite", "Customers", "GatewayConfiguration", "GatewayCore",
                "GatewayServer", "OpenSSLCrypto", "SharedState", "StrictJSON", "Tokens",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),

        // Benchmarks: single operations, for `make bench`
        .target(name: "AllocationCounter", path: "Benchmarks/AllocationCounter"),
        .executableTarget(
            name: "Measure",
            dependencies: [
                "Access", "AllocationCounter", "GatewayConfiguration", "GatewayCore", "HTTPWire", "OpenSSLCrypto", "StrictJSON", "Tokens",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            path: "Benchmarks/Measure"
        ),

        // Tests
        .testTarget(name: "ArchitectureTests"),
        .testTarget(name: "AccessTests", dependencies: ["Access"]),
        .testTarget(
            name: "CustomerAPITests",
            dependencies: [
                "Access", "CustomerAPI", "CustomerStorePostgres", "CustomerStoreSQLite", "Customers", "GatewayCore", "GatewayTesting",
                "OpenSSLCrypto", "StrictJSON",
            ]
        ),
        .testTarget(name: "CustomersTests", dependencies: ["Customers"]),
        .testTarget(
            name: "CustomerStoreTests",
            dependencies: [
                "Customers", "CustomerStorePostgres", "CustomerStoreSQLite", "GatewayTesting", "SharedState",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
        .testTarget(
            name: "GatewayConfigurationTests",
            dependencies: ["Access", "GatewayConfiguration", "GatewayCore", "GatewayTesting", "OpenSSLCrypto", "StrictJSON", "Tokens"]
        ),
        .testTarget(name: "GatehouseCommandTests", dependencies: ["GatewayServer", "GatewayTesting", "StrictJSON", "Tokens", "gatehouse"]),
        .testTarget(
            name: "GatewayServerTests",
            dependencies: [
                "Access", "CustomerAPI", "Customers", "GatewayConfiguration", "GatewayCore", "GatewayServer", "GatewayTesting",
                "HTTPWire", "OpenSSLCrypto", "SharedState", "StrictJSON", "Tokens", "gatehouse",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "GatewayCoreTests",
            dependencies: [
                "Access", "GatewayConfiguration", "GatewayCore", "HTTPWire", "OpenSSLCrypto", "SharedState", "StrictJSON", "Tokens",
            ]
        ),
        .testTarget(
            name: "StoryTests", dependencies: ["GatewayTesting", "OpenSSLCrypto", "StrictJSON", "gatehouse"],
            exclude: ["schemathesis.toml", "schemathesis_hooks.py"]
        ),
        .testTarget(name: "OpenSSLCryptoTests", dependencies: ["OpenSSLCrypto"]),
        .testTarget(name: "TokensTests", dependencies: ["OpenSSLCrypto", "StrictJSON", "Tokens"]),
        .testTarget(name: "StrictJSONTests", dependencies: ["StrictJSON"]),
        .testTarget(
            name: "HTTPWireTests",
            dependencies: [
                "HTTPWire",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .strictMemorySafety(),  // SE-0458
        .treatAllWarnings(as: .error),  // SE-0480
        .enableUpcomingFeature("ExistentialAny"),  // SE-0335
        .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
        .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
        .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
        .enableUpcomingFeature("ImmutableWeakCaptures"),  // SE-0481
    ]
}
