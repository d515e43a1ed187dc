internal import Glibc
internal import Logging

/// How many descriptors the process may have open.
enum OpenFiles {
    /// What a connection takes on this machine: its socket, the side channel, and the memory files of a stream's slots.
    static let perConnection = 8
    /// Listeners, event loops, data files.
    static let besides = 128

    /// Raises the soft limit to the hard one, which is what the administrator allows: shells and init systems set the soft one low for
    /// programs that use select(2). Warns when that is too little for the connections that the configuration allows.
    static func allowAsManyAsPossible(connections: Int, logger: Logger) {
        var limit = rlimit()
        // The variable outlives the calls.
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        let needed = besides + perConnection * connections
        guard limit.rlim_cur < rlim_t(needed) else { return }
        logger.warning(
            "the limit of open files is too low for limits.connections: when it is reached, connections wait",
            metadata: [
                "open_files": "\(limit.rlim_cur)", "needed": "\(needed)",
                "remedy": "LimitNOFILE= of the unit, or ulimit -n",
            ])
    }
}
