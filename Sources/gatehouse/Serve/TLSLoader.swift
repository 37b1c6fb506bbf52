import Access
import GatewayConfiguration
import GatewayServer

/// The files of `tls` -> what the public listeners show, or what is wrong with one of the files.
struct TLSLoader: Sendable {
    let settings: Settings.TLS

    /// - Parameter now: unix seconds.
    func load(at now: Int64) -> (tls: ServerTLS?, diagnostics: [Diagnostic]) {
        do {
            let files = try settings.read()
            let tls = try ServerTLS(
                certificate: PEMFile(name: settings.certificate, bytes: files.certificate),
                key: PEMFile(name: settings.key, bytes: files.key),
                clientCA: files.clientCA.flatMap { bytes in settings.clientCA.map { PEMFile(name: $0, bytes: bytes) } }
            )
            return (tls, tls.expires > now ? [] : [.whole(settings.certificate, "has expired; clients refuse it", severity: .warning)])
        } catch let error as FileError {
            return (nil, [.whole(error.path, error.remedy.map { "\(error.reason): \($0)" } ?? error.reason)])
        } catch let error as PEMError {
            return (nil, [.whole(error.file, error.reason)])
        } catch {
            return (nil, [.whole(settings.certificate, "\(error)")])
        }
    }
}
