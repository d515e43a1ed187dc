package import DataTypes

/// Every iterator that a stream can be opened with. A new one is a folder beside this file and a line here.
package enum IteratorCatalog {
    package static let all: [IteratorKind] =
        ImageRecordVariant.allCases.map(\.kind)
        + [
            ImageIterSource.kind, ImageDetIterSource.kind, ImageDetRecordSource.kind, CSVIterator.kind,
            LibSVMIterator.kind, MNISTIterator.kind, NDArrayIterator.kind, RawRecordSource.kind,
        ]

    /// - Throws: `.unknownIterator`, with the nearest name.
    package static func kind(named name: String) throws(StreamError) -> IteratorKind {
        if let kind = all.first(where: { $0.name == name }) { return kind }
        let names = all.map(\.name)
        let hint = nearestName(to: name, among: names).map { "did you mean '\($0)'?" }
        throw StreamError(
            .unknownIterator, "there is no iterator '\(name)'",
            hint: hint ?? "there are \(names.joined(separator: ", "))")
    }
}
