package import DataTypes

extension IteratorKind {
    /// The parameters as a table in Markdown, in the form that the pages of the documentation have.
    package var parameterTable: String {
        let rows = specs.map { "\($0.tableStart) \($0.summary) |" }
        return (["| parameter | default | range | does |", "|---|---|---|---|"] + rows).joined(separator: "\n")
    }
}

extension ParameterSpec {
    /// The part of a table's row that must be the catalog's: name, default and range.
    package var tableStart: String { "| `\(name)` | \(defaultText(quote: "`")) | \(rangeText(quote: "`")) |" }
}
