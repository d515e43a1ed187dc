/// What a stream is, fixed when it is opened.
package struct StreamInfo: Sendable {
    /// The iterator's name, such as `ImageRecordIter`.
    package var iterator: String
    package var provideData: [DataDesc]
    package var provideLabel: [DataDesc]
    package var layout: BatchLayout
    package var batchSize: Int
    package var numParts: Int
    package var partIndex: Int
    /// Samples of the whole data set.
    package var recordCount: Int
    /// Samples of this part.
    package var partRecordCount: Int
    /// Hash of the data: 32 hexadecimal digits.
    package var manifestHash: String
    /// Hash of everything else that decides the bytes: 32 hexadecimal digits.
    package var specHash: String
    /// Batches made ready ahead of the consumer.
    package var prefetch: Int
    /// Slabs that the stream uses at most: those being prepared or ready, one on its way to the consumer and one in the
    /// consumer's hands.
    package var slabCount: Int { prefetch + 2 }
    /// The parameters in force, in normal form.
    package var parameters: [String: ParameterValue]
    /// What the user should know: damage passed over, files left out.
    package var warnings: [String]
    /// What is left to do to the data; nil: nothing.
    package var deferred: DeferredNormalisation?

    package init(
        iterator: String, provideData: [DataDesc], provideLabel: [DataDesc], layout: BatchLayout, batchSize: Int,
        numParts: Int, partIndex: Int, recordCount: Int, partRecordCount: Int, manifestHash: String, specHash: String,
        prefetch: Int, parameters: [String: ParameterValue], warnings: [String]
    ) {
        self.iterator = iterator
        self.provideData = provideData
        self.provideLabel = provideLabel
        self.layout = layout
        self.batchSize = batchSize
        self.numParts = numParts
        self.partIndex = partIndex
        self.recordCount = recordCount
        self.partRecordCount = partRecordCount
        self.manifestHash = manifestHash
        self.specHash = specHash
        self.prefetch = prefetch
        self.parameters = parameters
        self.warnings = warnings
    }
}
