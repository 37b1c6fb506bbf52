import Customers
import GatewayCore
import StrictJSON

extension Refusal {
    /// THE mapping of store errors to answers.
    init(_ error: StoreError) {
        switch error {
        case .notFound: self = .noCustomer
        case .duplicateExternalID:
            self.init(.duplicateExternalID, "Another customer of the tenant has this externalId.")
        case .versionMismatch:
            self.init(.preconditionFailed, "The customer is not, or no longer, in a version that If-Match names.")
        case .invalid(let error): self.init(error)
        case .unavailable(let message):
            self = .problem(
                Problem(.storeUnavailable, "Customers cannot be read or written now.", headers: [("retry-after", "2")]),
                failure: message)
        case .answered(let kept): self = .answered(kept)
        case .keyReused:
            self.init(.idempotencyKeyReused, "This Idempotency-Key was used for another body; take a new one.")
        }
    }

    /// The one answer for a customer that never was, one of another tenant, and a text that is no identifier.
    static var noCustomer: Refusal { Refusal(.notFound, "There is no such customer.") }

    init(_ error: ValidationError) {
        let count = error.issues.count
        self.init(
            .validation, count == 1 ? "One problem, listed in errors." : "\(count) problems, listed in errors.",
            members: [
                (
                    "errors",
                    .array(
                        error.issues.map { issue in
                            .object([
                                ("pointer", .string(issue.pointer)), ("path", .array(issue.path.map { .string($0) })),
                                ("code", .string(issue.code.rawValue)), ("message", .string(issue.message)),
                            ])
                        })
                )
            ])
    }
}
