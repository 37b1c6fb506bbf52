import Access
import Customers
package import GatewayCore

/// One operation of the module: what it is called and answers, and the code that answers. A call is led to its code by what is declared
/// here, and `/openapi.json` is made of it.
struct Operation: Sendable {
    /// What the last segment of a path names, and all else of the call.
    typealias Handler = @Sendable (CustomerAPI, _ name: String, APICall) async throws(Refusal) -> APIAnswer

    let declaration: OpenAPIOperation
    let handle: Handler
    /// Up to the parameter, or the whole path when there is none.
    private let prefix: String
    private let hasParameter: Bool

    init(_ declaration: OpenAPIOperation, handle: @escaping Handler) {
        self.declaration = declaration
        self.handle = handle
        prefix = String(declaration.path.prefix { $0 != "{" })
        hasParameter = prefix.utf8.count < declaration.path.utf8.count
    }

    /// What stands in the parameter's place, whatever it is; empty when the path has none; nil for other paths.
    func name(in path: String) -> String? {
        guard hasParameter else { return path.hasSameBytes(as: prefix) ? "" : nil }
        guard path.hasPrefix(prefix) else { return nil }
        return String(Substring(path.utf8.dropFirst(prefix.utf8.count)))
    }

    /// HEAD follows GET.
    func serves(_ method: Method) -> Bool { declaration.method == (method == .head ? .get : method) }
}

extension CustomerAPI {
    /// In the order in which they are described; the methods of a path in that of its `Allow`.
    static let all = [
        listCustomers, createCustomer, readCustomer, replaceCustomer, patchCustomer, removeCustomer, readDescription,
    ]

    package static var operations: [OpenAPIOperation] { all.map(\.declaration) }
}
