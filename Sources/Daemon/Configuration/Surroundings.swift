internal import Foundation
internal import Glibc

/// What the daemon finds around it when it starts: all that defaults are worked out from. A value, so that tests can
/// make one up.
package struct Surroundings: Sendable {
    package var environment: [String: String]
    package var userID: UInt32
    package var coreCount: Int
    /// Bytes of memory that this process may use: the machine's, or its control group's limit when that is lower.
    package var memoryBytes: Int
    /// Whether `/run/headrace` can be used by this user.
    package var hasSystemRunDirectory: Bool

    package init(
        environment: [String: String], userID: UInt32, coreCount: Int, memoryBytes: Int, hasSystemRunDirectory: Bool
    ) {
        self.environment = environment
        self.userID = userID
        self.coreCount = coreCount
        self.memoryBytes = memoryBytes
        self.hasSystemRunDirectory = hasSystemRunDirectory
    }

    /// Those of this process.
    package static func current() -> Surroundings {
        let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        let files = FileManager.default
        return Surroundings(
            environment: ProcessInfo.processInfo.environment, userID: geteuid(),
            coreCount: min(ProcessInfo.processInfo.activeProcessorCount, controlGroupCores() ?? .max),
            memoryBytes: min(physical, controlGroupLimit() ?? .max),
            hasSystemRunDirectory: files.isWritableFile(atPath: "/run/headrace")
                || !files.fileExists(atPath: "/run/headrace") && files.isWritableFile(atPath: "/run"))
    }

    /// The lowest memory limit in bytes of this process's control group and those above it; nil when there is none.
    private static func controlGroupLimit() -> Int? {
        // "max" means no limit, and is no number.
        controlGroupTexts("memory.max").compactMap { Int($0) }.min()
    }

    /// Cores that the control group's quota pays for, rounded up; nil when there is none.
    private static func controlGroupCores() -> Int? {
        controlGroupTexts("cpu.max").compactMap(cores(ofQuota:)).min()
    }

    /// What `cpu.max` allows: microseconds in each period of microseconds, `150000 100000`. nil: no limit.
    static func cores(ofQuota text: String) -> Int? {
        let parts = text.split(separator: " ").compactMap { Int($0) }
        guard parts.count == 2, parts[0] > 0, parts[1] > 0 else { return nil }
        return max(1, (parts[0] - 1) / parts[1] + 1)
    }

    /// A file of this process's control group, and of those above it that have it.
    private static func controlGroupTexts(_ file: String) -> [String] {
        guard let groups = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8),
            let line = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
        else { return [] }
        var folder = "/sys/fs/cgroup"
        var texts: [String] = []
        for name in [""] + line.dropFirst(4).split(separator: "/").map({ "/" + $0 }) {
            folder += name
            let text = try? String(contentsOfFile: folder + "/" + file, encoding: .utf8)
            if let text { texts.append(text.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        return texts
    }

    /// Where sockets go: what systemd made for the unit, the user's own, the system's, or a private one in `/tmp`.
    package var runDirectory: String {
        if let directory = systemdDirectory("RUNTIME_DIRECTORY") { return directory }
        if let user = environment["XDG_RUNTIME_DIR"], user.hasPrefix("/") { return user + "/headrace" }
        return hasSystemRunDirectory ? "/run/headrace" : "/tmp/headrace-\(userID)"
    }

    /// Where indexes are cached.
    package var stateDirectory: String {
        if let directory = systemdDirectory("STATE_DIRECTORY") { return directory }
        if userID == 0 { return "/var/lib/headrace" }
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/headrace" }
        if let home = environment["HOME"], home.hasPrefix("/"), home != "/" { return home + "/.local/state/headrace" }
        return runDirectory + "/state"
    }

    /// systemd lists several with colons; ours has one.
    private func systemdDirectory(_ variable: String) -> String? {
        guard let first = environment[variable]?.split(separator: ":").first, first.hasPrefix("/") else { return nil }
        return String(first)
    }
}
