import Admin
import ArgumentParser
import Daemon
import DataTypes
import Foundation

/// `headrace doctor`: looks for what keeps the daemon from serving well, and says what to do about each finding.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Looks for trouble: sockets, groups, limits, files, indexes, the disk.",
        discussion: "Ends with status 1 when there is a problem; warnings alone are 0.")

    @OptionGroup var options: AdminOptions
    @Option(help: "The configuration to look at when the daemon does not run.")
    var config = "/etc/headrace/headraced.yaml"
    @Flag(help: "Print JSON.") var json = false

    private struct Report: Encodable {
        var findings: [DoctorFinding]
    }

    func run() async throws {
        let findings = examine() + [LibraryChecks.finding]
        if json {
            print(try jsonText(Report(findings: findings)))
        } else {
            for finding in findings { print(Self.text(finding)) }
        }
        if findings.contains(where: { $0.state == .problem }) { throw ExitCode(1) }
    }

    static func text(_ finding: DoctorFinding) -> String {
        let line = finding.state.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0) + finding.check + ": "
        return line + finding.text + (finding.mend.map { "\n        \($0)" } ?? "")
    }

    private func examine() -> [DoctorFinding] {
        let client = AdminClient(socketPath: options.socket ?? AdminClient.defaultSocketPath)
        do {
            let status = try client.get("/v1/status", as: StatusReport.self)
            let checks = DaemonChecks(
                status: status, configuration: try client.get("/v1/config", as: ConfigurationReport.self))
            let datasets = try client.list("/v1/datasets", "datasets", of: DatasetReport.self).map {
                FileChecks.Dataset(name: $0.name, iterator: $0.iterator, parameters: $0.parameters)
            }
            return checks.findings
                + FileChecks.findings(datasets, readsAsDaemon: Self.isUser(ofProcess: status.processID))
        } catch {
            let mend =
                (error as? AdminFailure)?.status == .forbidden
                ? "ask for membership of 'admin.readers', or run the doctor as root"
                : "systemctl start headraced, or: headraced --config \(config)"
            return [.problem("daemon", "\(error)", mend: mend)] + configurationFindings()
        }
    }

    /// Whether this process may read what that one may.
    private static func isUser(ofProcess id: Int) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: "/proc/\(id)")
        return geteuid() == 0 || (attributes?[.ownerAccountID] as? NSNumber)?.uint32Value == geteuid()
    }

    /// Without a daemon: what its configuration names.
    private func configurationFindings() -> [DoctorFinding] {
        guard FileManager.default.fileExists(atPath: config) else {
            return [.warning("configuration", "there is no '\(config)'", mend: "name the one in use with --config")]
        }
        let loader = ConfigurationLoader(file: config, surroundings: .current())
        do throws(ConfigurationProblems) {
            let loaded = try loader.load()
            let datasets = loaded.configuration.datasets.values.sorted { $0.name < $1.name }.map { dataset in
                FileChecks.Dataset(
                    name: dataset.name, iterator: dataset.iterator,
                    parameters: dataset.parameters.mapValues {
                        if case .string(let text) = $0 { text } else { $0.description }
                    })
            }
            return [.ok("configuration", "\(config): ok")]
                + FileChecks.findings(datasets, readsAsDaemon: geteuid() == 0)
        } catch {
            return error.problems.map {
                .problem("configuration", "\($0)", mend: "correct it, then: headrace config check \(config)")
            }
        }
    }
}
