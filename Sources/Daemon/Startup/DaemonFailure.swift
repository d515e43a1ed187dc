/// Why the daemon could not start or go on: one line for people, and an exit status by sysexits(3).
package struct DaemonFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Status: Int32, Sendable {
        case usage = 64
        case internalError = 70
        case system = 71
        case cannotCreate = 73
        /// Such as an address in use: the same start may succeed later.
        case temporary = 75
        case configuration = 78
    }

    package var status: Status
    package var message: String

    package init(_ status: Status, _ message: String) {
        self.status = status
        self.message = message
    }

    package var description: String { message }
}
