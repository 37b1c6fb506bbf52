package import Testing

/// Runs each test of a suite on threads of its own: tests that wait for processes and sockets, or compute for long, must not take the
/// few threads that everything else in the process runs on.
package struct OwnThread: TestTrait, SuiteTrait, TestScoping {
    package let isRecursive = true

    @concurrent package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(ThreadExecutor.shared) { try await function() }
    }
}

extension Trait where Self == OwnThread {
    package static var ownThread: OwnThread { OwnThread() }
}
