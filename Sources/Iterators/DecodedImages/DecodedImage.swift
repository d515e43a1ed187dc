import DataTypes
import RecordIO
import Synchronization

/// An image that is kept decoded, and what else its record says: all that a sample is made of. Never changes.
@safe
final class DecodedImage: @unchecked Sendable {
    // @unchecked: the pixels are a pointer to memory that nobody writes once the object is made.

    /// The header of the record, which is not read again.
    let header: ImageRecordHeader
    /// Labels behind the header; empty when there are none.
    private let labels: [Float]
    /// Size of the image before a resize: plans are made for it.
    let sourceWidth: Int
    let sourceHeight: Int
    /// Of the pixels: after the resize when the cache keeps resized images.
    let width: Int
    let height: Int
    let channels: Int
    /// HWC, rows contiguous; empty when they are on disk.
    let pixels: PixelBuffer
    /// Where on disk the pixels are; nil when they are in memory.
    let block: DecodedStore.Block?
    private let room: Room

    init(
        header: ImageRecordHeader, labels: [Float], sourceWidth: Int, sourceHeight: Int, pixels: consuming PixelBuffer,
        room: Room
    ) {
        width = pixels.width
        height = pixels.height
        channels = pixels.channels
        block = nil
        self.header = header
        self.labels = labels
        self.sourceWidth = sourceWidth
        self.sourceHeight = sourceHeight
        self.pixels = pixels
        self.room = room
    }

    /// An image whose pixels have been written to `block`.
    init(
        header: ImageRecordHeader, labels: [Float], sourceWidth: Int, sourceHeight: Int,
        written pixels: borrowing PixelBuffer, to block: DecodedStore.Block, room: Room
    ) {
        width = pixels.width
        height = pixels.height
        channels = pixels.channels
        self.pixels = PixelBuffer()
        self.block = block
        self.header = header
        self.labels = labels
        self.sourceWidth = sourceWidth
        self.sourceHeight = sourceHeight
        self.room = room
    }

    /// Label `position` of the record.
    func label(_ position: Int) -> Float { header.flag == 0 ? header.label : labels[position] }

    /// What one image takes, the objects around it included.
    static func byteCount(width: Int, height: Int, channels: Int, labelCount: Int) -> Int {
        width * height * channels + PixelBuffer.readableBytesBehind + overheadBytes(labelCount: labelCount)
    }

    /// Memory that is not for pixels: objects, labels and the place in a table.
    static func overheadBytes(labelCount: Int) -> Int { 4 * labelCount + 512 }

    /// Memory, or space on disk, reserved for one image, given back when the object goes.
    final class Room: Sendable {
        private let share: CacheBudget.Share
        private let counter: Counter
        private let bytes: Int

        /// - Parameter counter: has `bytes` in it already.
        init(_ share: CacheBudget.Share, bytes: Int, countedIn counter: Counter) {
            self.share = share
            self.bytes = bytes
            self.counter = counter
        }

        deinit { counter.bytes.subtract(bytes, ordering: .relaxed) }
    }

    /// Bytes that the images of one set hold. Apart from the set, so that images do not keep it alive.
    final class Counter: Sendable {
        let bytes = Atomic(0)
    }
}
