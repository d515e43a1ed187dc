/// Who shares one limit: the processes of a user, or those at an address.
enum ClientSource: Hashable, Sendable, CustomStringConvertible {
    case user(UInt32)
    case host(String)
    /// A Unix peer that the kernel names no user for.
    case unknown

    var description: String {
        switch self {
        case .user(let id): "user \(id)"
        case .host(let name): "address \(name)"
        case .unknown: "an unknown user"
        }
    }
}
