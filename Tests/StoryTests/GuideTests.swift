import Foundation
import GatewayTesting
import Testing

@Suite("The commands that `make run` prints and those of the README", .ownThread)
struct GuideTests {
    /// A place with the program where `make build` puts it.
    private static func built() throws -> Place {
        let place = try Place()
        try FileManager.default.createDirectory(atPath: "\(place.path)/.build/release", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: "\(place.path)/.build/release/gatehouse", withDestinationPath: Program.path)
        return place
    }

    @Test("work when they are pasted as they are, and again")
    func pasted() throws {
        let place = try Self.built()
        try place.serving("--guide") { gateway in
            #expect(eventually { gateway.program.output.contains("Ctrl-C") })
            let guide = gateway.program.output
            #expect(guide.contains("http://\(gateway.address)"))
            #expect(guide.contains("http://\(gateway.admin)/readyz"))
            // All that is indented is to be pasted.
            let commands = guide.split(separator: "\n").filter { $0.hasPrefix("  ") }.joined(separator: "\n")
            for round in 1...2 {
                let shell = try Program(["-c", commands], executable: "/bin/bash", in: place.path, environment: [:])
                defer { shell.end() }
                #expect(try shell.status() == 0)
                #expect(shell.errors.lines == [])
                let answers = shell.output
                #expect(answers.contains(#""subject":"demo-"#))
                #expect(answers.contains(#""name":"Ada Ltd""#))
                #expect(answers.contains(#""data":[{"#))
                #expect(answers.contains(#""code":"insufficient_scope""#))
                #expect(answers.split(separator: "\n").count == 4, "round \(round): \(answers)")
            }
        }
    }

    @Test("of the README work when they are pasted as they are")
    func readme() throws {
        let place = try Self.built()
        let story = try ReadmeTests.block("sh", of: "README.md")
        #expect(story.contains("URL=http://127.0.0.1:8080\n"))
        try place.serving { gateway in
            let commands = story.replacing("127.0.0.1:8080", with: gateway.address)
            let shell = try Program(["-c", commands], executable: "/bin/bash", in: place.path, environment: [:])
            defer { shell.end() }
            // The last command tells of a refusal.
            #expect(try shell.status() == 3)
            #expect(shell.errors.lines == [])
            let answers = shell.output
            for piece in [
                #""name":"Ada Ltd""#, #""code":"insufficient_scope""#, #""reason":"missing_scope""#, "deny 403 missing_scope", "nearest: ",
            ] {
                #expect(answers.contains(piece), "\(piece) in \(answers)")
            }
        }
    }
}
