// swift-tools-version: 6.2
import PackageDescription

/// The fuzzers, apart from the product: libFuzzer wants the whole program instrumented.
///
/// `Sources/HTTPWire` and `Sources/Access` are links to the sources of the gateway: what is `package` there is seen by one package only.
let instrumented: [SwiftSetting] = [.unsafeFlags(["-sanitize=fuzzer"]), .swiftLanguageMode(.v6)]
/// As the gateway compiles them.
let features: [SwiftSetting] =
    [.unsafeFlags(["-sanitize=fuzzer"]), .strictMemorySafety()]
    + [
        "ExistentialAny", "InternalImportsByDefault", "MemberImportVisibility", "NonisolatedNonsendingByDefault", "InferIsolatedConformances",
        "ImmutableWeakCaptures",
    ].map { .enableUpcomingFeature($0) }

/// The linker of the toolchain: gold trips over the debug information of instrumented code.
let linked: [LinkerSetting] = [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]

let package = Package(
    name: "gatehouse-fuzz",
    dependencies: [.package(url: "https://github.com/apple/swift-nio", from: "2.100.0")],
    targets: [
        .target(name: "HTTPWire", swiftSettings: features),
        .target(name: "Access", swiftSettings: features),
        .executableTarget(
            name: "FuzzRequests",
            dependencies: [
                "HTTPWire", .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: instrumented, linkerSettings: linked
        ),
        .executableTarget(
            name: "FuzzTargets", dependencies: ["Access", "HTTPWire"], swiftSettings: instrumented,
            linkerSettings: linked
        ),
    ],
    swiftLanguageModes: [.v6]
)
