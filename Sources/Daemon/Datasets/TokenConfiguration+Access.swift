internal import DataTypes

extension TokenConfiguration {
    /// - Throws: `.forbidden` when the token's owner may not open that. It says the same whether a data set exists or not.
    func allows(_ request: OpenRequest) throws(StreamError) {
        guard let datasets else { return }
        let hint =
            (datasets.isEmpty ? "it may open nothing" : "it may open \(datasets.sorted().joined(separator: ", "))")
            + ", as tokens.\(self.name).datasets says"
        guard let name = request.dataset else {
            throw StreamError(
                .forbidden, "the token '\(self.name)' does not let its owner open iterators by name", hint: hint)
        }
        guard datasets.contains(name) else {
            throw StreamError(
                .forbidden, "the token '\(self.name)' does not let its owner open '\(name.prefix(128))'", hint: hint)
        }
    }

    /// - Throws: `.forbidden` when the token's owner may open no iterator that could serve an array.
    func allowsArrays() throws(StreamError) {
        guard datasets != nil else { return }
        throw StreamError(
            .forbidden, "the token '\(self.name)' does not let its owner hand over arrays",
            hint: "it opens data sets only, as tokens.\(self.name).datasets says")
    }

    /// nil: that of every client.
    var memoryLimit: MemoryBudget.ClientLimit? {
        memoryBytes.map { MemoryBudget.ClientLimit(bytes: $0, key: "tokens.\(name).memory") }
    }
}
