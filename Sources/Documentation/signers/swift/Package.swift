// swift-tools-version: 5.9
import PackageDescription

let package = Package(
    name: "sign",
    platforms: [.macOS(.v13)],
    dependencies: [.package(url: "https://github.com/apple/swift-crypto", from: "3.0.0")],
    targets: [.executableTarget(name: "sign", dependencies: [.product(name: "Crypto", package: "swift-crypto")])]
)
