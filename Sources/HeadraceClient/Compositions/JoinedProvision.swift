/// What several iterators provide together, under new names where there are any.
struct JoinedProvision: Sendable {
    let data: [TensorDescription]
    let label: [TensorDescription]
    private let renameData: [[String: String]]?
    private let renameLabel: [[String: String]]?

    /// - Parameters:
    ///   - renameData, renameLabel: for each iterator its names and their new ones, all of them; nil keeps all names.
    /// - Throws: `.badParameter`.
    init(
        of iterators: [any BatchIterating], renameData: [[String: String]]? = nil,
        renameLabel: [[String: String]]? = nil
    ) throws(HeadraceError) {
        guard !iterators.isEmpty else {
            throw HeadraceError(.badParameter, "there are no iterators, at least one is needed")
        }
        data = try Self.joined(iterators.map(\.provideData), "renameData", renameData)
        label = try Self.joined(iterators.map(\.provideLabel), "renameLabel", renameLabel)
        guard !data.isEmpty else { throw HeadraceError(.badParameter, "the iterators provide no data") }
        self.renameData = renameData
        self.renameLabel = renameLabel
        // A batch finds its sparse tensors by name.
        let all = data + label
        for sparse in all where sparse.isSparse && all.count(where: { $0.name == sparse.name }) > 1 {
            throw HeadraceError(
                .badParameter, "several tensors are called '\(sparse.name)', and one of them is sparse",
                hint: "rename them with a PrefetchingIter, or open the stream with another data_name or label_name")
        }
    }

    private static func joined(
        _ provided: [[TensorDescription]], _ parameter: String, _ renames: [[String: String]]?
    ) throws(HeadraceError) -> [TensorDescription] {
        guard let renames else { return Array(provided.joined()) }
        guard renames.count == provided.count else {
            throw HeadraceError(
                .badParameter, "\(parameter) has \(renames.count) entries for \(provided.count) iterators")
        }
        var result: [TensorDescription] = []
        for (position, (descriptions, names)) in zip(provided, renames).enumerated() {
            for description in descriptions {
                guard let name = names[description.name] else {
                    throw HeadraceError(
                        .badParameter, "\(parameter)[\(position)] has no entry for '\(description.name)'")
                }
                result.append(description.renamed(name))
            }
        }
        return result
    }

    /// One batch with the tensors of all.
    ///
    /// - Parameter batches: one of each iterator, in order.
    func join(_ batches: [HeadraceBatch], pad: Int) -> HeadraceBatch {
        var data: [HeadraceTensor] = []
        var label: [HeadraceTensor] = []
        var sparse: [String: HeadraceSparseRows] = [:]
        for (position, batch) in batches.enumerated() {
            let (dataNames, labelNames) = (renameData?[position] ?? [:], renameLabel?[position] ?? [:])
            for tensor in batch.data {
                let name = dataNames[tensor.description.name] ?? tensor.description.name
                data.append(tensor.renamed(name))
                sparse[name] = batch.sparse[tensor.description.name]?.renamed(name) ?? sparse[name]
            }
            for tensor in batch.label {
                let name = labelNames[tensor.description.name] ?? tensor.description.name
                label.append(tensor.renamed(name))
                sparse[name] = batch.sparse[tensor.description.name]?.renamed(name) ?? sparse[name]
            }
        }
        return HeadraceBatch(
            data: data, label: label, sparse: sparse, pad: pad, of: batches[0], tokens: batches.flatMap(\.tokens))
    }

    /// How messages call an iterator.
    static func name(of iterator: any BatchIterating) -> String {
        (iterator as? HeadraceStream)?.iterator ?? "\(type(of: iterator))"
    }
}
