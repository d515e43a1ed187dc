/// What somebody may do with the admin pages.
package enum AdminAccess: Int, Sendable, Comparable {
    case none, read, act

    package static func < (one: AdminAccess, other: AdminAccess) -> Bool { one.rawValue < other.rawValue }
}
