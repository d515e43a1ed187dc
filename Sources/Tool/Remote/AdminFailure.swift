/// The daemon could not be asked, or did not do what it was asked for.
struct AdminFailure: Error, CustomStringConvertible {
    /// Exit status of the program, by sysexits(3) where there is one.
    enum Status: Int32 {
        /// Refused: no such stream, a configuration that is not usable.
        case failed = 1
        /// Nobody answers at the socket.
        case unreachable = 69
        /// The socket, or the daemon, does not let this user in.
        case forbidden = 77
    }

    let status: Status
    let description: String

    init(_ status: Status, _ description: String) {
        self.status = status
        self.description = description
    }
}
