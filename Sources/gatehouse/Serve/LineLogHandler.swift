import Foundation
import GatewayConfiguration
import Logging
import StrictJSON

/// Log records as one line each on standard error: text for people, JSON for programs.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    let isJSON: Bool

    init(_ settings: Settings) {
        logLevel = Logger.Level(rawValue: settings.logLevel.rawValue) ?? .info
        isJSON = settings.logFormat == .json
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }.sorted { $0.key < $1.key }
        let time = Date.now.ISO8601Format(.iso8601WithTimeZone(includingFractionalSeconds: true))
        let line =
            if isJSON {
                JSONValue.object(
                    [("time", .string(time)), ("level", .string("\(event.level)")), ("message", .string("\(event.message)"))]
                        + all.map { ($0.key, .string("\($0.value)")) }
                ).serialized()
            } else {
                "\(time) \(event.level) \(Self.plain("\(event.message)"))" + all.map { " \($0.key)=\(Self.plain("\($0.value)"))" }.joined()
            }
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// Control characters would let a value forge a line (attacks row L-02).
    private static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }
}
