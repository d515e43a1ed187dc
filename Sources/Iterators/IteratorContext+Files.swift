import DataTypes
import RecordIO

extension IteratorContext {
    /// The record files that the value of parameter `parameter` comes to, each one that the client may read, as a list of
    /// literal paths; and what the user should know of files that were left out.
    func recordFiles(
        _ paths: String, parameter: String
    ) throws(StreamError) -> (paths: String, warnings: [String]) {
        let expanded: RecordPaths
        do throws(RecordError) {
            expanded = try RecordPaths(expanding: paths)
        } catch {
            throw StreamError(record: error)
        }
        var allowed: [String] = []
        for path in expanded.paths { allowed.append(try authorise(path, parameter)) }
        return (allowed.joined(separator: ";"), expanded.warnings)
    }
}
