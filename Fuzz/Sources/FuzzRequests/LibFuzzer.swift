/// libFuzzer as a library: SwiftPM gives an executable a `main` of its own, so the fuzzer's is not used.
enum LibFuzzer {
    @_silgen_name("LLVMFuzzerRunDriver")
    private static func runDriver(
        _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
        _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
    ) -> CInt

    nonisolated(unsafe) private static var test: ([UInt8]) -> Void = { _ in }

    /// Runs the test over inputs without end, or as the arguments say. The test traps when something is wrong.
    static func run(_ test: @escaping ([UInt8]) -> Void) {
        self.test = test
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        _ = runDriver(&count, &arguments) { start, count in
            LibFuzzer.test(Array(UnsafeBufferPointer(start: start, count: count)))
            return 0
        }
    }
}
