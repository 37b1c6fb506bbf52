import GatewayTesting
import Testing

@testable import GatewayServer

@Suite("The chain of decisions", .ownThread)
struct DecisionChainTests {
    private static func line(_ number: Int) -> String { #"{"time":"t","request_id":"r\#(number)""# + "\n" }

    /// Whole lines of a chain, each without its line feed.
    private static func sealed(_ count: Int, after chain: DecisionChain = DecisionChain()) -> (lines: [[UInt8]], chain: DecisionChain) {
        var chain = chain
        let bytes = chain.seal(Array((0..<count).map(line).joined().utf8))
        return (bytes.split(separator: UInt8(ascii: "\n")).map(Array.init), chain)
    }

    private static func fault(_ lines: [[UInt8]]) -> (line: Int, fault: DecisionChainCheck.Fault)? {
        var check = DecisionChainCheck()
        for (index, line) in lines.enumerated() {
            do throws(DecisionChainCheck.Fault) { try check.read(line[...]) } catch { return (index + 1, error) }
        }
        return nil
    }

    @Test("what was sealed is intact, in one batch or in many")
    func intact() {
        let whole = Self.sealed(20)
        #expect(Self.fault(whole.lines) == nil)
        var (lines, chain) = Self.sealed(7)
        let rest = Self.sealed(13, after: chain)
        chain = rest.chain
        lines += rest.lines
        #expect(Self.fault(lines) == nil)
        #expect(lines.count == 20)
    }

    @Test("every byte of every line counts: whichever is changed, its own line shows it")
    func everyByte() {
        let lines = Self.sealed(3).lines
        for index in lines.indices {
            for position in lines[index].indices {
                for change in [UInt8(1), 0x20, 0x80] {
                    var damaged = lines
                    damaged[index][position] ^= change
                    let found = Self.fault(damaged)
                    #expect(found?.line == index + 1, "line \(index + 1) byte \(position)")
                }
            }
        }
    }

    struct Damage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let line: Int
        let fault: DecisionChainCheck.Fault
        let apply: @Sendable (inout [[UInt8]]) -> Void
    }

    @Test(
        "lines removed, added, moved, cut or forged are found where it begins to be wrong",
        arguments: [
            Damage(testDescription: "removed", line: 3, fault: .outOfPlace) { $0.remove(at: 2) },
            Damage(testDescription: "repeated", line: 4, fault: .outOfPlace) { $0.insert($0[2], at: 3) },
            Damage(testDescription: "swapped", line: 2, fault: .outOfPlace) { $0.swapAt(1, 2) },
            Damage(testDescription: "cut", line: 2, fault: .noRecord) { $0[1].removeLast(10) },
            Damage(testDescription: "longer", line: 2, fault: .noRecord) { $0[1] += Array(" ".utf8) },
            Damage(testDescription: "an empty line", line: 2, fault: .noRecord) { $0.insert([], at: 1) },
            Damage(testDescription: "other text", line: 1, fault: .noRecord) { $0.insert(Array("# log".utf8), at: 0) },
            Damage(testDescription: "a new chain", line: 4, fault: .newChain) { $0[3...] = DecisionChainTests.sealed(2).lines[...] },
            Damage(testDescription: "made anew after a change", line: 3, fault: .outOfPlace) { lines in
                var chain = DecisionChain()
                _ = chain.seal(Array(DecisionChainTests.line(0).utf8))
                lines[1] = Array(chain.seal(Array(#"{"time":"t","request_id":"forged"\#n"#.utf8)).dropLast())
            },
        ]
    )
    func damaged(_ damage: Damage) {
        var lines = Self.sealed(6).lines
        damage.apply(&lines)
        let found = Self.fault(lines)
        #expect(found?.line == damage.line)
        #expect(found?.fault == damage.fault)
    }

    @Test("a file that begins in the middle is intact and says so; the file before it makes it whole")
    func middle() throws {
        let lines = Self.sealed(6).lines
        var late = DecisionChainCheck()
        for line in lines[3...] { try late.read(line[...]) }
        #expect(late.beginsInTheMiddle)
        var whole = DecisionChainCheck()
        for line in lines { try whole.read(line[...]) }
        #expect(!whole.beginsInTheMiddle)
        #expect(whole.last == late.last)
    }
}
