internal import Admin
internal import Glibc
internal import Server
internal import Transport

/// Where the daemon listens: what the configuration says, with sockets of socket activation in the place of those it
/// would bind itself.
struct SocketPlaces {
    var data: [ServerConfiguration.Source] = []
    var admin: [AdminServer.Place] = []

    /// What must be said of a socket that was not made by `listen.tcp.host`.
    static let networkRule =
        "whoever reaches it could read all the data; set 'listen.tcp.tls' with 'tokens' or 'client_ca', or "
        + "'listen.tcp.insecure: true' if that is meant"

    /// - Parameter handedOver: sockets by the names that their unit gives them: `admin` is for the admin pages, any
    ///   other for data.
    /// - Throws: `.configuration` when a group of the admin socket does not exist, or a socket of the network was handed over
    ///   and nothing says who may come.
    init(
        _ configuration: DaemonConfiguration, handedOver: [(name: String, descriptor: CInt)]
    ) throws(DaemonFailure) {
        let policy = try AdminPolicy(configuration.adminGroups)
        for socket in handedOver {
            if socket.name == "admin" {
                // Without a file no permissions have decided, so the daemon's own group does.
                let policy = try AdminPolicy(
                    configuration.adminGroups, fileGroupID: SocketGroup.groupID(of: socket.descriptor) ?? getegid())
                admin.append(AdminServer.Place(.adopted(descriptor: socket.descriptor), policy: policy))
            } else {
                guard
                    configuration.asksNetwork || configuration.isInsecure
                        || !Listener.isNetwork(descriptor: socket.descriptor)
                else {
                    throw DaemonFailure(
                        .configuration, "the service manager hands over a socket of the network: \(Self.networkRule)")
                }
                data.append(.adopted(descriptor: socket.descriptor))
            }
        }
        if data.isEmpty { data.append(.endpoint(.unix(path: configuration.unix.path))) }
        if let tcp = configuration.tcp { data.append(.endpoint(.tcp(host: tcp.host, port: tcp.port))) }
        if admin.isEmpty, let unix = configuration.admin {
            admin.append(
                AdminServer.Place(.endpoint(.unix(path: unix.path), mode: unix.mode), policy: policy))
        }
        if let http = configuration.http {
            admin.append(
                AdminServer.Place(.endpoint(.tcp(host: http.host, port: http.port), mode: 0), policy: nil))
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
