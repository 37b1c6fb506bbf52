import Foundation
import OpenSSLCrypto
import Tokens

/// JSON as it comes: keys in the files are objects of many kinds, and some tokens are no strings.
enum VectorFiles {
    static func json(_ path: String) throws -> [String: Any] {
        let url = URL(filePath: #filePath).appending(path: "../../Vectors/\(path)").standardized
        guard let object = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] else {
            throw CocoaError(.fileReadCorruptFile)
        }
        return object
    }

    static func bytes(_ object: Any) throws -> [UInt8] { Array(try JSONSerialization.data(withJSONObject: object)) }
}

/// What became of a file's cases: every one is run or has its reason.
struct VectorTally: Equatable {
    var executed = 0
    var skipped: [String: Int] = [:]

    var total: Int { executed + skipped.values.reduce(0, +) }
}

/// One case of Wycheproof's `JsonWebSignature` files.
struct JWSCase {
    let id: Int
    let comment: String
    /// nil: no compact serialization at all.
    let token: String?
    let isValid: Bool
    /// The key or key set of its group.
    let key: [String: Any]

    static func all(in file: String) throws -> [JWSCase] {
        let groups = try VectorFiles.json("wycheproof/\(file)")["testGroups"] as? [[String: Any]] ?? []
        return groups.flatMap { group in
            (group["tests"] as? [[String: Any]] ?? []).map { test in
                JWSCase(
                    id: test["tcId"] as? Int ?? 0, comment: test["comment"] as? String ?? "", token: test["jws"] as? String,
                    isValid: test["result"] as? String == "valid", key: group["private"] as? [String: Any] ?? [:])
            }
        }
    }
}
