import DataTypes

/// The arrays of a stream, named and sorted as MXNet does it, and checked against each other.
struct ArrayInputs {
    struct Input {
        var name: String
        var array: StoredArray
        /// The axis of the samples.
        var axis: Int
        /// As the batch has it.
        var desc: DataDesc
    }

    private let parameters: NDArrayParameters
    private let room = ArrayOpener.Room()
    private(set) var data: [Input] = []
    private(set) var label: [Input] = []
    /// Arrays that are longer than the first.
    private(set) var warnings: [String] = []

    init(parameters: NDArrayParameters) { self.parameters = parameters }

    var all: [Input] { data + label }

    mutating func open(context: IteratorContext) throws(StreamError) {
        let batching = parameters.batching
        data = try inputs(parameters.data, "data", defaultName: batching.dataName, context)
        label = try inputs(parameters.label, "label", defaultName: batching.labelName, context)
        var names: Set<String> = ["index"]
        for input in all where !names.insert(input.name).inserted {
            throw StreamError(
                .badParameter, "two tensors of a batch would be called '\(input.name)'",
                hint: input.name == "index" ? "'index' holds the rows' numbers" : "name them apart")
        }
    }

    /// A single array has the default name, several in a list are numbered, pairs bring their own; then all are sorted.
    private func inputs(
        _ references: [ArrayReference], _ parameter: String, defaultName: String, _ context: IteratorContext
    ) throws(StreamError) -> [Input] {
        let opener = ArrayOpener(context: context, parameter: parameter, room: room)
        var named: [(name: String, array: StoredArray)] = []
        for (place, reference) in references.enumerated() {
            let found = try opener.open(reference.text)
            if found.count > 1 || (reference.name == nil && !reference.text.contains("#") && found[0].name != nil) {
                guard references.count == 1, reference.name == nil else {
                    throw StreamError(
                        .badParameter, "'\(parameter)': '\(reference.text)' holds several arrays",
                        hint: "name each that you want, as x.npz#name")
                }
                for (name, array) in found { named.append((name ?? defaultName, array)) }
            } else {
                let numbered = references.count > 1 ? "_\(place)_\(defaultName)" : defaultName
                named.append((reference.name ?? numbered, found[0].array))
            }
        }
        // Python sorts text by code points, as UTF-8 sorts by bytes.
        named.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var inputs: [Input] = []
        for (name, array) in named { inputs.append(try input(name, array, parameter)) }
        return inputs
    }

    private func input(_ name: String, _ array: StoredArray, _ parameter: String) throws(StreamError) -> Input {
        guard (1...128).contains(name.utf8.count) else {
            throw StreamError(
                .badParameter, "'\(parameter)': an array is called '\(name.prefix(40))'; 1 to 128 bytes are allowed")
        }
        let extents = array.shape.extents
        guard !extents.isEmpty else {
            throw StreamError(
                .badParameter, "\(array.title) is a single number, an array of samples is needed")
        }
        let axis = DataDesc.batchAxis(layout: parameters.layout, rank: extents.count)
        var shape = extents
        shape[axis] = parameters.batching.batchSize
        guard !shape.contains(0) else {
            throw StreamError(.badData, "\(array.title) has the shape \(extents): its samples are empty")
        }
        return Input(
            name: name, array: array, axis: axis,
            desc: DataDesc(
                name: name, shape: shape,
                elementType: parameters.convertsToFloat32 ? .float32 : array.shape.elementType,
                layout: parameters.layout))
    }

    /// The number of samples, which the first of the data has.
    mutating func checkRows() throws(StreamError) -> Int {
        func rows(_ input: Input) -> Int { input.array.shape.extents[input.axis] }
        let leader = data[0]
        let count = rows(leader)
        guard count <= EpochPlan.maxRecords else {
            throw StreamError(
                .badData, "\(leader.array.title) has \(count) rows; \(EpochPlan.maxRecords) are allowed")
        }
        for (role, inputs) in [("data", data), ("label", label)] {
            for input in inputs where rows(input) != count {
                let facts = "\(role) '\(input.name)' has \(rows(input)) rows, data '\(leader.name)' has \(count)"
                guard rows(input) > count else { throw StreamError(.badParameter, facts) }
                warnings.append("\(facts): the surplus is not used")
            }
        }
        return count
    }

    /// The batch's layout, once it is known to fit.
    func layout(maxBatchBytes: Int) throws(StreamError) -> BatchLayout {
        let batchSize = parameters.batching.batchSize
        var sum = 8 * batchSize
        for input in all {
            let shape = ArrayShape(elementType: input.desc.elementType, extents: input.desc.shape)
            guard let shape, shape.byteCount <= maxBatchBytes - min(sum, maxBatchBytes) else {
                throw StreamError(
                    .overLimit,
                    "a batch of \(batchSize) rows of '\(input.name)', \(input.desc.shape) of "
                        + "\(input.desc.elementType.rawValue), takes more than the \(maxBatchBytes) bytes allowed",
                    hint: "lower batch_size, or raise limits.max_frame")
            }
            sum += shape.byteCount
        }
        return BatchLayout(data: data.map(\.desc), label: label.map(\.desc), batchSize: batchSize)
    }
}
