import Glibc
import NIOCore

/// Why an address could not be listened on, for a person.
package enum BindFailure {
    /// Lower case, without the address.
    package static func reason(_ error: any Error) -> String {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE: "another process has it"
        case EADDRNOTAVAIL: "this machine has no such address"
        case EACCES, EPERM: "this user may not take a port below 1024"
        case EAFNOSUPPORT: "this machine has no addresses of that kind"
        case EMFILE, ENFILE: "too many files are open"
        case let code?: "the system says error \(code)"
        case nil: "it is no address that can be listened on"
        }
    }
}
