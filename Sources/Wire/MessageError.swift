/// A payload that is not what its message type asks for.
package enum MessageError: Error, Sendable, Hashable, CustomStringConvertible {
    case notJSON(reason: String)
    case tooDeep(limit: Int)
    case missingMember(String)
    case illTypedMember(String, reason: String)

    /// The name that `protocol/vectors` uses.
    package var name: String {
        switch self {
        case .notJSON: "not_json"
        case .tooDeep: "too_deep"
        case .missingMember: "missing_member"
        case .illTypedMember: "ill_typed"
        }
    }

    package var description: String {
        switch self {
        case .notJSON(let reason): "the payload is not JSON: \(reason)"
        case .tooDeep(let limit): "the JSON is nested more than \(limit) deep"
        case .missingMember(let path): "'\(path)' is missing"
        case .illTypedMember(let path, let reason): path.isEmpty ? reason : "'\(path)': \(reason)"
        }
    }
}
