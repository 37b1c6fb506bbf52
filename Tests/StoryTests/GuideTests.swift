import Foundation
import Testing

@Suite("The commands that `make run` prints", .ownThread)
struct GuideTests {
    @Test("work when they are pasted as they are, and again")
    func pasted() throws {
        let place = try Place()
        // Where `make build` puts the program.
        try FileManager.default.createDirectory(atPath: "\(place.path)/.build/release", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: "\(place.path)/.build/release/gatehouse", withDestinationPath: Program.path)
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
}
