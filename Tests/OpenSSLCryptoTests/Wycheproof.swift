import Foundation

/// A Wycheproof file as its schema lays it out; `Test` has the fields that the file's kind adds.
struct Wycheproof<Test: Decodable & Sendable>: Decodable, Sendable {
    let numberOfTests: Int
    let testGroups: [Group]

    struct Group: Decodable, Sendable {
        let ivSize: Int?
        let tagSize: Int?
        let tests: [Test]
    }

    init(_ file: String) throws {
        let url = URL(filePath: #filePath).appending(path: "../../Vectors/wycheproof/\(file)").standardized
        self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: url))
    }
}

enum WycheproofResult: String, Decodable, Sendable { case valid, invalid }

/// What became of a file's cases: every one is run or has its reason.
struct VectorTally: Equatable {
    var executed = 0
    var skipped: [String: Int] = [:]

    var total: Int { executed + skipped.values.reduce(0, +) }
}
