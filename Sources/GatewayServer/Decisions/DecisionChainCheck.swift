/// Reads decision records line by line, of one file or of several in the order they were written, and finds the first that is not what the
/// gateway wrote there.
///
/// What it cannot see: whether lines are missing at the end, and whether someone who can write the file has made the whole rest anew.
/// Against both helps the last hash, kept elsewhere.
package struct DecisionChainCheck {
    package enum Fault: Error, Equatable, CustomStringConvertible {
        /// It does not end with `prev` and `hash`.
        case noRecord
        /// It has no line feed.
        case incomplete
        /// Its contents have another hash than it names.
        case changed
        /// It names another line before than the one that stands there.
        case outOfPlace
        /// It is the first of a new chain and not of the first file.
        case newChain

        package var description: String {
            switch self {
            case .noRecord: "this is no decision record: it does not end with `prev` and `hash`"
            case .incomplete: "the line has no end: the file was cut, or the gateway was stopped while it wrote"
            case .changed: "the line was changed: its contents do not have the hash that it names"
            case .outOfPlace: "the line does not follow the one before it: lines were removed, added or moved"
            case .newChain: "a new chain begins here, which does not follow the lines before it"
            }
        }
    }

    /// The hash of the last good line; nil before the first.
    package private(set) var last: [UInt8]?
    /// What the first line of all named as the one before it; nil before the first.
    package private(set) var first: [UInt8]?

    package init() {}

    /// Whether lines stood before the first that was read.
    package var beginsInTheMiddle: Bool { first.map { $0 != DecisionChain.start } ?? false }

    /// - Parameter line: without its line feed.
    package mutating func read(_ line: ArraySlice<UInt8>) throws(Fault) {
        guard let links = DecisionChain.links(of: line) else { throw .noRecord }
        let hashed = Array(links.hashed)
        guard DecisionChain.hash(hashed.span).elementsEqual(links.hash) else { throw .changed }
        if let last, !links.prev.elementsEqual(last) {
            throw links.prev.elementsEqual(DecisionChain.start) ? .newChain : .outOfPlace
        }
        if first == nil { first = Array(links.prev) }
        last = Array(links.hash)
    }
}
