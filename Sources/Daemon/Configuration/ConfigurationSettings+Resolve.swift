extension ConfigurationSettings {
    /// Works out every automatic value from the machine. Origins stay: it is still the default, or the file's `auto`.
    mutating func resolve(_ surroundings: Surroundings) {
        fill("listen.unix.path", .text(surroundings.runDirectory + "/data.sock"))
        fill("admin.path", .text(surroundings.runDirectory + "/admin.sock"))
        // With groups every request is judged by who makes it; the file cannot belong to both groups.
        let hasGroups = optionalText("admin.group") != nil || optionalText("admin.readers") != nil
        fill("admin.mode", .mode(hasGroups ? 0o666 : 0o600))
        fill("threads", .integer(min(max(surroundings.coreCount, 1), 1024)))
        if case .integer(let threads) = value("threads") { fill("max_threads", .integer(min(2 * threads, 1024))) }
        // A quarter: trainers and the page cache want the rest. Whole mebibytes, for people.
        let quarter = max(surroundings.memoryBytes / 4, 64 << 20) & ~((1 << 20) - 1)
        fill("limits.memory", .bytes(quarter))
        fill("limits.memory_per_client", value("limits.memory"))
        // The other half is left to batches, whatever streams ask for.
        fill("limits.cache", .bytes(integer("limits.memory") / 2))
        fill("state_directory", .text(surroundings.stateDirectory))
    }

    private mutating func fill(_ path: String, _ value: ConfigurationValue) {
        if isAutomatic(path) { set(path, value, origin(path)) }
    }
}
