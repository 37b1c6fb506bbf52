import Access
package import GatewayCore

extension PolicyLoad {
    /// The same with what the policy and the operations of the provisioning module do not agree on.
    ///
    /// A route to the module where it has no operation is an error: it can only lead to 404 or 405. An operation without a route is a
    /// warning: nobody can use it, which may be meant.
    package func compared(with operations: [OpenAPIOperation]) -> PolicyLoad {
        guard let policy else { return self }
        var served: [Int: [Method]] = [:]
        var problems: [Diagnostic] = []
        for operation in operations {
            if case .found(let route) = policy.lookup(operation.method, path: operation.samplePath.utf8.span),
                route.destination == .provisioning
            {
                served[route.index, default: []].append(operation.method)
            } else {
                problems.append(
                    Diagnostic(
                        file: file, line: 1, column: 1, severity: .warning,
                        message: "no route leads to the operation `\(operation.id)` (\(operation.method.name) \(operation.path))"
                    )
                )
            }
        }
        for route in policy.routes where route.destination == .provisioning {
            let position = route.keyPositions["methods"] ?? route.position
            let known = served[route.index] ?? []
            // HEAD follows GET.
            for method in route.methods.methods where !known.contains(method) && !(method == .head && route.methods.contains(.get)) {
                problems.append(
                    Diagnostic(
                        file: file, line: position.line, column: position.column,
                        message: "the provisioning module has no operation for \(method.name) \(route.pattern.text) (route `\(route.id)`)"
                    )
                )
            }
        }
        let all = (diagnostics + problems).sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        return PolicyLoad(file: file, policy: policy, diagnostics: all, summary: summary, bytes: bytes)
    }
}
