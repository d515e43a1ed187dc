import DataTypes
import RecordIO

extension ImageList {
    /// A list that came as a parameter: `[[label, …, path], …]`, where the labels may also be one list.
    init(parameter value: ParameterValue, named name: String) throws(ParameterError) {
        guard case .list(let entries) = value else {
            throw .illTyped(
                name: name, value: String(value.description.prefix(200)), expected: "images as [[label, …, path], …]")
        }
        var rows: [(labels: [Float], path: String)] = []
        rows.reserveCapacity(entries.count)
        for (position, entry) in entries.enumerated() {
            guard case .list(let parts) = entry, case .string(let path)? = parts.last, parts.count >= 2,
                let labels = Self.labels(parts.dropLast()), !labels.isEmpty, !path.isEmpty
            else {
                throw .illTyped(
                    name: "\(name)[\(position)]", value: String(entry.description.prefix(200)),
                    expected: "an image as [label, …, path]")
            }
            rows.append((labels, path))
        }
        self.init(rows: rows)
    }

    /// nil when one of them is no number.
    private static func labels(_ parts: ArraySlice<ParameterValue>) -> [Float]? {
        if parts.count == 1, case .list(let inner)? = parts.first { return labels(inner[...]) }
        var result: [Float] = []
        for part in parts {
            switch part {
            case .integer(let number): result.append(Float(number))
            case .number(let number): result.append(Float(number))
            default: return nil
            }
        }
        return result
    }
}
