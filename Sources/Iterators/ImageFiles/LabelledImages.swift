import DataTypes

/// Encoded images with labels, wherever they lie. The iterators that follow MXNet's `mx.image` know their data as this.
protocol LabelledImages: Sendable {
    var count: Int { get }
    var epochPlan: EpochPlan { get }
    /// Stands for the data: 32 hexadecimal digits.
    var dataHash: String { get }
    /// What the user should know.
    var warnings: [String] { get }

    /// Asks the storage for the images of `plan`.
    func readAhead(_ plan: BatchPlan)

    /// Reads the slot's image, still encoded, into the scratch.
    func load(_ slot: Slot, scratch: RecordImageScratch) throws(BadRecord) -> LabelledImage

    /// Label `position` of the image that was loaded last.
    func label(_ position: Int, of image: LabelledImage, scratch: RecordImageScratch) -> Float

    /// How much room the objects of all images need. Blocks: looks at the labels of every image, once.
    func surveyObjects(cacheDirectory: String?) throws(StreamError) -> ObjectRoom

    func bad(_ slot: Slot, _ reason: String, _ message: String) -> BadRecord
}
