internal import Admin
internal import Server
internal import Transport

/// Where the daemon listens: what the configuration says, with sockets of socket activation in the place of those it
/// would bind itself.
struct SocketPlaces {
    var data: [ServerConfiguration.Source] = []
    var admin: [AdminServer.Place] = []

    /// - Parameter handedOver: sockets by the names that their unit gives them: `admin` is for the admin pages, any
    ///   other for data.
    init(_ configuration: DaemonConfiguration, handedOver: [(name: String, descriptor: CInt)]) {
        for socket in handedOver {
            if socket.name == "admin" {
                admin.append(AdminServer.Place(.adopted(descriptor: socket.descriptor), allowsControl: true))
            } else {
                data.append(.adopted(descriptor: socket.descriptor))
            }
        }
        if data.isEmpty { data.append(.endpoint(.unix(path: configuration.unix.path))) }
        if let tcp = configuration.tcp { data.append(.endpoint(.tcp(host: tcp.host, port: tcp.port))) }
        if admin.isEmpty, let unix = configuration.admin {
            admin.append(
                AdminServer.Place(.endpoint(.unix(path: unix.path), mode: unix.mode), allowsControl: true))
        }
        if let http = configuration.http {
            admin.append(
                AdminServer.Place(.endpoint(.tcp(host: http.host, port: http.port), mode: 0), allowsControl: false))
        }
    }
}

extension ListenError {
    /// By sysexits(3): what may go away by itself, what the user must change, and the rest.
    var exitStatus: DaemonFailure.Status {
        switch self {
        case .runningServer, .portInUse: .temporary
        case .notASocket, .noDirectory, .noPermission: .cannotCreate
        case .noSuchHost: .configuration
        case .badDescriptor, .systemCall: .system
        }
    }
}
