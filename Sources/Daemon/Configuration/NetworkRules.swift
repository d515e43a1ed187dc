/// What must be said before the daemon listens on TCP: who reaches the port must be known, and nothing may be read on
/// the way; or the configuration says that neither matters.
enum NetworkRules {
    static func problems(_ settings: ConfigurationSettings) -> [ConfigurationProblem] {
        guard let host = settings.optionalText("listen.tcp.host") else { return [] }
        var problems: [ConfigurationProblem] = []
        func add(_ key: String, _ message: String) {
            problems.append(ConfigurationProblem(settings.origin(key), message))
        }
        func isSet(_ name: String) -> Bool { settings.optionalText("listen.tcp.tls.\(name)") != nil }
        let hasTLS = isSet("certificate") && isSet("key")
        if !hasTLS {
            for name in ["certificate", "key", "client_ca"] where isSet(name) {
                let missing = ["certificate", "key"].first { !isSet($0) } ?? ""
                add("listen.tcp.tls.\(name)", "'listen.tcp.tls.\(name)' needs 'listen.tcp.tls.\(missing)' beside it")
            }
        }
        guard !settings.flag("listen.tcp.insecure"), problems.isEmpty else { return problems }
        let isAsked = !settings.tokens.isEmpty || (hasTLS && isSet("client_ca"))
        let reason: String
        switch (hasTLS, isAsked) {
        case (true, true): return []
        case (true, false):
            reason =
                "whoever reaches this port can read all the data; name 'tokens', or the authority of the clients' "
                + "certificates as 'listen.tcp.tls.client_ca'"
        case (false, true):
            reason = "data and tokens would travel unencrypted; name 'listen.tcp.tls.certificate' and '.key'"
        case (false, false):
            reason =
                "whoever reaches this port can read all the data, and nothing is encrypted; name "
                + "'listen.tcp.tls.certificate' and '.key', and 'tokens' or 'listen.tcp.tls.client_ca'"
        }
        add(
            "listen.tcp.host",
            "'listen.tcp.host' is '\(host)', but \(reason), or set 'listen.tcp.insecure: true' if that is meant")
        return problems
    }
}
