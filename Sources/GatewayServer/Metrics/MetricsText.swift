/// Metrics in the text format of Prometheus, version 0.0.4.
package struct MetricsText {
    package enum Kind: String, Sendable { case counter, gauge, histogram }

    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var bytes: [UInt8] = []

    package init() {}

    /// Begins a metric; its samples follow.
    package mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        bytes.append(contentsOf: "# HELP \(name) \(Self.escape(help))\n# TYPE \(name) \(kind.rawValue)\n".utf8)
    }

    /// - Parameter labels: values may hold anything.
    package mutating func add(_ name: String, _ labels: [(String, String)], _ value: some BinaryInteger) {
        add(name, labels, text: String(value))
    }

    package mutating func add(_ name: String, _ value: some BinaryInteger) { add(name, [], text: String(value)) }

    package mutating func add(_ name: String, _ labels: [(String, String)] = [], seconds value: Double) {
        add(name, labels, text: value.isFinite ? "\(value)" : "NaN")
    }

    private mutating func add(_ name: String, _ labels: [(String, String)], text: String) {
        bytes.append(contentsOf: name.utf8)
        if !labels.isEmpty {
            let list = labels.map { "\($0.0)=\"\(Self.escape($0.1, quote: true))\"" }.joined(separator: ",")
            bytes.append(contentsOf: "{\(list)}".utf8)
        }
        bytes.append(contentsOf: " \(text)\n".utf8)
    }

    mutating func addHistogram(_ name: String, _ histogram: DurationHistogram) {
        var total: UInt64 = 0
        for (index, count) in histogram.counts.enumerated() {
            total &+= count
            let bound = index < DurationHistogram.bounds.count ? "\(Double(DurationHistogram.bounds[index]) / 1_000_000)" : "+Inf"
            add("\(name)_bucket", [("le", bound)], total)
        }
        add("\(name)_sum", seconds: Double(histogram.sumMicroseconds) / 1_000_000)
        add("\(name)_count", total)
    }

    private static func escape(_ text: String, quote: Bool = false) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quote: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
