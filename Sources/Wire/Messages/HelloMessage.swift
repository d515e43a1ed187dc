/// HELLO: who speaks, which version, which features. The client's first frame and the server's answer.
package struct HelloMessage: Codable, Sendable, Hashable {
    package var major: Int
    package var minor: Int
    /// Offered by the client; in effect for both in the server's answer.
    package var features: [String]
    /// The client's software, such as `headrace-python/0.1.0`; only from a client.
    package var client: String?
    /// The server's software, only from a server.
    package var server: String?
    /// The client's process id, as it says itself.
    package var processID: Int?
    /// The server's number for this connection, as its logs and status pages have it.
    package var session: UInt64?
    /// The largest payload of a BATCH that the sender accepts, in bytes.
    package var maxFrameBytes: UInt64
    /// Shows who the client is; only from a client.
    package var token: AccessToken?

    enum CodingKeys: String, CodingKey {
        case major, minor, features, client, server, session, token
        case processID = "pid"
        case maxFrameBytes = "max_frame"
    }

    /// A client's greeting in this build's version.
    package static func client(
        software: String, features: [String], processID: Int?, maxFrameBytes: UInt64, token: AccessToken? = nil
    ) -> HelloMessage {
        HelloMessage(
            major: WireLimits.majorVersion, minor: WireLimits.minorVersion, features: features, client: software,
            processID: processID, maxFrameBytes: maxFrameBytes, token: token)
    }

    package init(
        major: Int, minor: Int, features: [String], client: String? = nil, server: String? = nil,
        processID: Int? = nil, session: UInt64? = nil, maxFrameBytes: UInt64, token: AccessToken? = nil
    ) {
        self.major = major
        self.minor = minor
        self.features = features
        self.client = client
        self.server = server
        self.processID = processID
        self.session = session
        self.maxFrameBytes = maxFrameBytes
        self.token = token
    }

    /// Everything but `major` has a default, so that another major version can be refused by name whatever else it says.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let major = try values.decode(Int.self, forKey: .major)
        guard major == WireLimits.majorVersion else {
            self.init(major: major, minor: 0, features: [], maxFrameBytes: 0)
            return
        }
        self.init(
            major: major,
            minor: try values.decodeIfPresent(Int.self, forKey: .minor) ?? 0,
            features: try values.decodeIfPresent([String].self, forKey: .features) ?? [],
            client: try values.decodeIfPresent(String.self, forKey: .client),
            server: try values.decodeIfPresent(String.self, forKey: .server),
            processID: try values.decodeIfPresent(Int.self, forKey: .processID),
            session: try values.decodeIfPresent(UInt64.self, forKey: .session),
            maxFrameBytes: try values.decode(UInt64.self, forKey: .maxFrameBytes),
            token: try values.decodeIfPresent(AccessToken.self, forKey: .token))
    }
}
