/// Every key of the configuration file but `datasets`, in the order of the sample, `config/headraced.yaml`, which says
/// what each is for.
package enum ConfigurationCatalog {
    package static let keys: [ConfigurationKey] = [
        ConfigurationKey("listen.unix.path", .automatic(or: .path), default: "auto"),
        ConfigurationKey("listen.unix.mode", .mode, default: "0600"),
        ConfigurationKey("listen.unix.group", .text, default: nil),
        ConfigurationKey("listen.unix.shared_memory", .flag, default: "true"),
        ConfigurationKey("listen.tcp.host", .text, default: nil),
        ConfigurationKey("listen.tcp.port", .integer(0...65535), default: "9347"),
        ConfigurationKey("listen.tcp.insecure", .flag, default: "false"),
        ConfigurationKey("admin.path", .automatic(or: .path), default: "auto"),
        ConfigurationKey("admin.mode", .automatic(or: .mode), default: "auto"),
        ConfigurationKey("admin.group", .text, default: nil),
        ConfigurationKey("admin.readers", .text, default: nil),
        ConfigurationKey("http.host", .text, default: nil),
        ConfigurationKey("http.port", .integer(0...65535), default: "9348"),
        ConfigurationKey("threads", .automatic(or: .integer(1...1024)), default: "auto"),
        ConfigurationKey("max_threads", .automatic(or: .integer(1...1024)), default: "auto"),
        ConfigurationKey("readers", .integer(1...256), default: "2"),
        ConfigurationKey("limits.memory", .automatic(or: .bytes(1 << 20...1 << 50)), default: "auto"),
        ConfigurationKey("limits.memory_per_client", .automatic(or: .bytes(1 << 20...1 << 50)), default: "auto"),
        ConfigurationKey("limits.cache", .automatic(or: .bytes(0...1 << 50)), default: "auto"),
        ConfigurationKey("limits.cache_disk", .bytes(0...1 << 50), default: "64GiB"),
        ConfigurationKey("limits.connections", .integer(1...1_000_000), default: "1024"),
        ConfigurationKey("limits.connections_per_client", .integer(1...1_000_000), default: "256"),
        ConfigurationKey("limits.streams", .integer(1...1_000_000), default: "1024"),
        ConfigurationKey("limits.max_pixels", .integer(1...1 << 40), default: "67108864", isReloadable: true),
        ConfigurationKey("limits.max_record", .bytes(1 << 10...1 << 40), default: "256MiB", isReloadable: true),
        ConfigurationKey("limits.max_arrays", .bytes(0...1 << 50), default: "4GiB"),
        ConfigurationKey("limits.max_frame", .bytes(1 << 16...1 << 40), default: "1GiB"),
        ConfigurationKey("timeouts.handshake", .duration(1...3600), default: "10s"),
        ConfigurationKey("timeouts.idle", .duration(0...31_536_000), default: "0s"),
        ConfigurationKey("timeouts.write_stall", .duration(1...86_400), default: "1m"),
        ConfigurationKey("timeouts.drain", .duration(0...86_400), default: "30s"),
        ConfigurationKey("state_directory", .automatic(or: .path), default: "auto"),
        ConfigurationKey("cache_directory", .path, default: nil),
        ConfigurationKey("roots", .paths, default: "", isReloadable: true),
        ConfigurationKey(
            "log.level", .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]), default: "info",
            isReloadable: true),
        ConfigurationKey("log.format", .choice(["auto", "text", "json"]), default: "auto"),
    ]

    package static let byPath = Dictionary(uniqueKeysWithValues: keys.map { ($0.path, $0) })
}
