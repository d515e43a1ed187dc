import Admin
import Daemon
import Foundation

/// What the doctor asks the running daemon.
struct DaemonChecks {
    let status: StatusReport
    let settings: [String: ConfigurationReport.Setting]

    init(status: StatusReport, configuration: ConfigurationReport) {
        self.status = status
        settings = Dictionary(configuration.settings.map { ($0.key, $0) }) { first, _ in first }
    }

    var findings: [DoctorFinding] { [version, state] + sockets + groups + limits }

    private var version: DoctorFinding {
        status.version == DaemonVersion.text
            ? .ok("daemon", "headraced \(status.version), process \(status.processID)")
            : .warning(
                "daemon", "headraced is \(status.version), headrace is \(DaemonVersion.text)",
                mend: "restart the daemon after an update: systemctl restart headraced")
    }

    private var state: DoctorFinding {
        status.state == .ready
            ? .ok("daemon", "ready, up \(Int(status.uptimeSeconds)) s")
            : .problem("daemon", "the daemon is \(status.state.rawValue)", mend: "see its log: journalctl -u headraced")
    }

    private var sockets: [DoctorFinding] {
        status.listeners.filter { $0.hasPrefix("unix:") }.map { listener in
            let path = String(listener.dropFirst(5))
            // The path is a string of the C library for the call; so below.
            if unsafe access(path, W_OK) == 0 { return .ok("socket", "\(path) can be connected to") }
            let group = settings["listen.unix.group"]?.value
            return .problem(
                "socket", "\(path) cannot be connected to by this user",
                mend: group.map { "join its group: usermod -aG \($0) USER, then log in again" }
                    ?? "set 'listen.unix.group' and 'listen.unix.mode: 0660', and join the group")
        }
    }

    private var groups: [DoctorFinding] {
        ["listen.unix.group", "admin.group", "admin.readers"].compactMap { key in
            guard let name = settings[key]?.value else { return nil }
            guard let id = Self.groupID(name) else {
                return .problem(
                    "groups", "'\(key)' names '\(name)', which does not exist here", mend: "groupadd \(name)")
            }
            if Self.ownGroups.contains(id) { return .ok("groups", "this user is in '\(name)' (\(key))") }
            if geteuid() == 0 { return .ok("groups", "'\(name)' (\(key)) exists; root needs no group") }
            return .warning(
                "groups", "this user is not in '\(name)' (\(key))", mend: "usermod -aG \(name) USER, then log in again")
        }
    }

    private static func groupID(_ name: String) -> gid_t? {
        // The record is read before anything else could ask for a group.
        guard let record = unsafe getgrnam(name) else { return nil }
        return unsafe record.pointee.gr_gid
    }

    private static var ownGroups: Set<gid_t> {
        var groups = [gid_t](repeating: 0, count: 65_536)
        // The array has room for as many as the kernel knows.
        let count = unsafe getgroups(Int32(groups.count), &groups)
        return Set(groups.prefix(Int(max(0, count))) + [getegid()])
    }

    private var limits: [DoctorFinding] {
        var findings: [DoctorFinding] = []
        if let files = Self.openFileLimit(processID: status.processID),
            let connections = settings["limits.connections"]?.value.flatMap({ Int($0) })
        {
            // A connection, its side channel, and some slabs in memory files; data files besides.
            let wanted = 4 * connections + 256
            findings.append(
                files >= wanted
                    ? .ok(
                        "limits", "\(files) open files are allowed, \(connections) connections take at most \(wanted)")
                    : .warning(
                        "limits",
                        "\(files) open files are allowed, limits.connections (\(connections)) may take \(wanted)",
                        mend: "LimitNOFILE=\(wanted) in the unit, or lower limits.connections"))
        }
        if let available = Self.availableBytes {
            findings.append(
                status.memoryLimitBytes - status.memoryBytes <= available
                    ? .ok("limits", "limits.memory has \(status.memoryLimitBytes >> 20) MiB, and they are there")
                    : .warning(
                        "limits",
                        "limits.memory allows \((status.memoryLimitBytes - status.memoryBytes) >> 20) MiB more, and "
                            + "\(available >> 20) MiB are free", mend: "lower limits.memory"))
        }
        return findings
    }

    /// nil when this user may not look.
    private static func openFileLimit(processID: Int) -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/\(processID)/limits", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Max open files") }),
            let soft = line.split(separator: " ").dropFirst(3).first
        else { return nil }
        return soft == "unlimited" ? .max : Int(soft)
    }

    private static var availableBytes: Int? {
        guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") }),
            let kibibytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return kibibytes * 1024
    }
}
