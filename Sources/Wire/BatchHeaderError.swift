/// A BATCH payload whose descriptor table cannot be true.
package enum BatchHeaderError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The stated length of the table does not fit the payload or the alignment.
    case badTableLength(UInt64, payloadBytes: Int)
    case badTable(MessageError)
    case badMetadata(key: String, value: String?)
    /// A listed tensor has no entry, or an entry is not listed.
    case unlisted(name: String)
    case badEntry(name: String, reason: String)
    /// The tensors overlap, leave a hole, or end elsewhere than the payload.
    case badCover(name: String, begin: Int, expected: Int)

    /// The name that `protocol/vectors` uses.
    package var name: String {
        switch self {
        case .badTableLength: "bad_table_length"
        case .badTable: "bad_table"
        case .badMetadata: "bad_metadata"
        case .unlisted: "unlisted"
        case .badEntry: "bad_entry"
        case .badCover: "bad_cover"
        }
    }

    package var description: String {
        switch self {
        case .badTableLength(let length, let payload):
            "the BATCH payload of \(payload) bytes claims a table of \(length)"
        case .badTable(let error): "the BATCH's table: \(error)"
        case .badMetadata(let key, let value):
            "the BATCH's '\(key)' is \(value.map { "'\($0)'" } ?? "missing")"
        case .unlisted(let name): "the tensor '\(name)' is not both listed and described"
        case .badEntry(let name, let reason): "the tensor '\(name)' \(reason)"
        case .badCover(let name, let begin, let expected):
            "the tensor '\(name)' starts at byte \(begin) where \(expected) was due"
        }
    }
}
