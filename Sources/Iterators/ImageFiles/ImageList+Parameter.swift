import DataTypes
import RecordIO

extension ImageList {
    /// A list that came as a parameter: `[[label, …, path], …]`, where the labels may also be one list.
    init(parameter value: ParameterValue, named name: String) throws(ParameterError) {
        guard case .list(let entries) = value else {
            throw .illTyped(
                name: name, value: String(value.description.prefix(200)), expected: "images as [[label, …, path], …]")
        }
        self.init(rows: entries.count, labels: entries.count, pathBytes: 0)
        for (position, entry) in entries.enumerated() { try append(entry, at: position, named: name) }
    }

    /// The same as text that the client handed over as an array, for lists that no message holds.
    ///
    /// - Parameter reserve: is asked for as many bytes as the list will take at most, before there is any of it.
    static func reading(
        _ array: HandedArray, named name: String, reserve: (Int) throws(StreamError) -> MemoryReservation?
    ) throws(StreamError) -> (list: ImageList, reservation: MemoryReservation?) {
        guard array.shape.elementType == .uint8 else {
            throw StreamError(
                .badParameter, "'\(name)': the array '\(array.name)' is of \(array.shape.elementType.rawValue)",
                hint: "hand over the bytes of the text [[label, …, path], …] as uint8")
        }
        return try array.withBytes { text throws(StreamError) in
            let room = Self.room(for: text)
            let reservation = try reserve(byteCount(rows: room.rows, labels: room.labels, pathBytes: text.count))
            var list = ImageList(rows: room.rows, labels: room.labels, pathBytes: text.count)
            do throws(ParameterError) {
                let end = try StructureText.readEntries(of: text) { position, entry throws(ParameterError) in
                    try list.append(entry, at: position, named: name)
                }
                if let end {
                    throw .illTyped(
                        name: name, value: "the array '\(array.name)'",
                        expected: "images as [[label, …, path], …]; at byte \(end), behind \(list.rowCount) of them, "
                            + "the text is no such list")
                }
            } catch {
                throw StreamError(parameter: error)
            }
            return (list, reservation)
        }
    }

    /// More rows and labels than a text holds, from its brackets and commas.
    private static func room(for text: Span<UInt8>) -> (rows: Int, labels: Int) {
        var (brackets, commas) = (0, 0)
        for position in text.indices {
            let byte = text[position]
            if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "(") { brackets += 1 }
            if byte == UInt8(ascii: ",") { commas += 1 }
        }
        return (brackets, commas)
    }

    private mutating func append(
        _ entry: ParameterValue, at position: Int, named name: String
    ) throws(ParameterError) {
        guard case .list(let parts) = entry, case .string(let path)? = parts.last, parts.count >= 2,
            let labels = Self.labels(parts.dropLast()), !labels.isEmpty, !path.isEmpty
        else {
            throw .illTyped(
                name: "\(name)[\(position)]", value: String(entry.description.prefix(200)),
                expected: "an image as [label, …, path]")
        }
        append(labels: labels, path: path)
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
