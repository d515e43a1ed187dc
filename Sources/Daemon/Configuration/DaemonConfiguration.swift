package import Transport

/// The configuration in force, typed and complete: nothing is left to be worked out.
package struct DaemonConfiguration: Sendable, Hashable {
    package struct UnixListener: Sendable, Hashable {
        package var path: String
        package var mode: UInt32
        /// Name of the group that the socket file is given to; nil leaves it as it is.
        package var group: String?
    }

    /// Names of the groups that may use the admin socket; without any, its permission bits decide.
    package struct AdminGroups: Sendable, Hashable {
        package var administrators: String?
        package var readers: String?
    }

    package struct Address: Sendable, Hashable {
        package var host: String
        package var port: Int
    }

    package struct Limits: Sendable, Hashable {
        /// Bytes that all streams together may hold in batches.
        package var memoryBytes: Int
        package var memoryBytesPerClient: Int
        /// Bytes of that which may be decoded images kept for later.
        package var cacheBytes: Int
        /// Bytes of decoded images on disk.
        package var cacheDiskBytes: Int
        package var connections: Int
        package var connectionsPerClient: Int
        package var connectsPerSecond: Int
        package var connectsPerSecondPerClient: Int
        package var streams: Int
        package var streamsPerClient: Int
        /// Percent of the decode threads that one client's streams may keep busy.
        package var decodeSharePerClient: Int
        /// Width times height of the largest image that is decoded.
        package var maxPixels: Int
        package var maxRecordBytes: Int
        package var maxFrameBytes: Int
        /// Bytes of arrays that one client may hand over.
        package var maxArrayBytes: Int
    }

    package struct Timeouts: Sendable, Hashable {
        package var handshake: Duration
        /// nil: never.
        package var idle: Duration?
        package var writeStall: Duration
        /// How long decode threads may have work and finish nothing before the daemon counts as hung.
        package var decodeStall: Duration
        package var drain: Duration
    }

    /// Which paths a client may name.
    package enum PathRule: Sendable, Hashable {
        /// Whatever the daemon's user can read: only when nobody but that user can connect.
        case everything
        /// Only what lies beneath one of these.
        case beneath([String])
    }

    package enum LogFormat: String, Sendable, Hashable { case auto, text, json }

    package var unix: UnixListener
    /// Whether clients on this machine may map their batches.
    package var sharesMemory: Bool
    /// nil: TCP is off.
    package var tcp: Address?
    /// nil: TCP is without TLS.
    package var tls: TLSFiles?
    /// Whether TCP may be without TLS, and open to everybody.
    package var isInsecure: Bool
    /// By name.
    package var tokens: [String: TokenConfiguration]
    /// nil: there is no admin socket.
    package var admin: UnixListener?
    package var adminGroups: AdminGroups
    /// nil: the read-only pages are not served over TCP.
    package var http: Address?
    package var threadCount: Int
    /// Decode threads that there may be while the storage makes them wait.
    package var maxThreadCount: Int
    package var readerCount: Int
    package var limits: Limits
    package var timeouts: Timeouts
    package var stateDirectory: String
    /// Where decoded images may go that find no room in memory; nil: nowhere.
    package var cacheDirectory: String?
    package var paths: PathRule
    package var datasets: [String: DatasetConfiguration]
    package var logLevel: String
    package var logFormat: LogFormat

    /// Whether everybody from the network must say who they are, and nobody can read along.
    package var asksNetwork: Bool {
        guard let tls else { return false }
        return tls.clientAuthority != nil || !tokens.isEmpty
    }

    /// - Parameters:
    ///   - settings: with every automatic value worked out.
    ///   - isPrivate: nobody but the daemon's own user can connect.
    ///   - hasAdmin: serve the admin socket.
    init(_ settings: ConfigurationSettings, isPrivate: Bool, hasAdmin: Bool) {
        unix = UnixListener(
            path: settings.text("listen.unix.path"), mode: settings.mode("listen.unix.mode"),
            group: settings.optionalText("listen.unix.group"))
        sharesMemory = settings.flag("listen.unix.shared_memory")
        tcp = settings.optionalText("listen.tcp.host").map {
            Address(host: $0, port: settings.integer("listen.tcp.port"))
        }
        let certificate = settings.optionalText("listen.tcp.tls.certificate")
        let key = settings.optionalText("listen.tcp.tls.key")
        tls =
            if let certificate, let key {
                TLSFiles(
                    certificate: certificate, key: key,
                    clientAuthority: settings.optionalText("listen.tcp.tls.client_ca"))
            } else {
                nil
            }
        isInsecure = settings.flag("listen.tcp.insecure")
        tokens = settings.tokens
        admin = hasAdmin ? UnixListener(path: settings.text("admin.path"), mode: settings.mode("admin.mode")) : nil
        adminGroups = AdminGroups(
            administrators: settings.optionalText("admin.group"), readers: settings.optionalText("admin.readers"))
        http = settings.optionalText("http.host").map { Address(host: $0, port: settings.integer("http.port")) }
        threadCount = settings.integer("threads")
        maxThreadCount = max(threadCount, settings.integer("max_threads"))
        readerCount = settings.integer("readers")
        limits = Limits(
            memoryBytes: settings.integer("limits.memory"),
            memoryBytesPerClient: settings.integer("limits.memory_per_client"),
            cacheBytes: settings.integer("limits.cache"), cacheDiskBytes: settings.integer("limits.cache_disk"),
            connections: settings.integer("limits.connections"),
            connectionsPerClient: settings.integer("limits.connections_per_client"),
            connectsPerSecond: settings.integer("limits.connects_per_second"),
            connectsPerSecondPerClient: settings.integer("limits.connects_per_second_per_client"),
            streams: settings.integer("limits.streams"),
            streamsPerClient: settings.integer("limits.streams_per_client"),
            decodeSharePerClient: settings.integer("limits.decode_share_per_client"),
            maxPixels: settings.integer("limits.max_pixels"), maxRecordBytes: settings.integer("limits.max_record"),
            maxFrameBytes: settings.integer("limits.max_frame"),
            maxArrayBytes: settings.integer("limits.max_arrays"))
        let idle = settings.duration("timeouts.idle")
        timeouts = Timeouts(
            handshake: settings.duration("timeouts.handshake"), idle: idle == .zero ? nil : idle,
            writeStall: settings.duration("timeouts.write_stall"),
            decodeStall: settings.duration("timeouts.decode_stall"), drain: settings.duration("timeouts.drain"))
        stateDirectory = settings.text("state_directory")
        cacheDirectory = settings.optionalText("cache_directory")
        let roots = settings.list("roots")
        paths = roots.isEmpty && isPrivate ? .everything : .beneath(roots)
        datasets = settings.datasets
        logLevel = settings.text("log.level")
        logFormat = LogFormat(rawValue: settings.text("log.format")) ?? .auto
    }
}
