/// Figures of single operations, without a server: one line each, a name and a number. `run.sh` puts them into its table.
///
///     Measure operations RUNS          medians of so many runs
///     Measure database FILE SECONDS    transactions a second, in a new file
@main
enum Measure {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        switch (arguments.first, arguments.last.flatMap { Int($0) }) {
        case ("operations", let runs?) where arguments.count == 2 && runs > 0: try operations(runs)
        case ("database", let seconds?) where arguments.count == 3 && seconds > 0:
            print(try BareDatabase.transactions(at: arguments[arguments.startIndex + 1], seconds: seconds))
        default: throw Desk.Failure(description: "usage: Measure operations RUNS, or Measure database FILE SECONDS")
        }
    }

    private static func operations(_ runs: Int) throws {
        var desk = try Desk()
        print("hmac_ns", Timing.median(of: runs, each: 100_000, desk.authenticate))
        print("token_ns", try Timing.median(of: runs, each: 20_000, desk.verifyToken))
        print("session_ns", try Timing.median(of: runs, each: 20_000, desk.openSession))
        let ratios = try PolicyScale().ratios(runs: runs)
        print("policy_same_ratio", ratios.same)
        print("policy_all_ratio", ratios.all)
        print("admit_allocations", try desk.allocationsOfAdmit())
    }
}
