import Foundation
import Testing

@Suite("The tests themselves")
struct SuiteTests {
    /// Their tests start programs, servers and databases, and wait for them.
    static let waiting = ["CustomerAPITests", "CustomerStoreTests", "GatehouseCommandTests", "GatewayServerTests", "StoryTests"]

    @Test("tests that wait do so on threads of their own, and hold none of the few that all others share", arguments: waiting)
    func threads(target: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(target)
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects as? [URL] ?? []
        var count = 0
        for file in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            let suites = text.split(separator: "\n").filter { $0.contains("@Suite") }
            for suite in suites { #expect(suite.contains(".ownThread"), "\(file.lastPathComponent): \(suite)") }
            #expect(!text.contains("@Test") || !suites.isEmpty, "\(file.lastPathComponent): tests that belong to no suite")
            count += suites.count
        }
        #expect(count > 0)
    }
}
