import DataTypes
import ImageCodec

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

    /// Bytes of images that are kept decoded.
    var cacheBytes: Int { get }

    /// Makes an image that was loaded one that is kept decoded, where that is wanted, there is room and it is whole.
    ///
    /// - Parameters:
    ///   - size: that the image has when it is decoded.
    ///   - decode: decodes the whole image into the scratch's pixels.
    /// - Returns: false when nothing has been decoded and no kept image is in the scratch.
    func keep(
        _ image: LabelledImage, slot: Slot, size: (width: Int, height: Int), scratch: RecordImageScratch,
        times: inout StageTimes, decode: () throws(ImageError) -> Void
    ) -> Bool

    func bad(_ slot: Slot, _ reason: String, _ message: String) -> BadRecord
}
