internal import DataTypes

/// Read access to an image, or to a part of a larger image, in memory that holds perhaps only some of its pixels.
///
/// Pixel (x, y) of the view lies at byte `(y − originY)·strideBytes + (x − originX)·channels`. The origin is positive when
/// only a window of the image was decoded, and negative when the view is a part of the decoded image.
///
/// Kernels read through it without a check per pixel, and some a few bytes behind the last one: the memory must be that of a
/// `PixelBuffer`, which has `readableBytesBehind`. Whoever makes one and calls a kernel asserts that the pixels the
/// kernel reads are inside the memory: `require` is that check.
@safe
struct SourceView {
    private let base: UnsafePointer<UInt8>
    private let byteCount: Int
    let strideBytes: Int
    let width: Int
    let height: Int
    let channels: Int
    let originX: Int
    let originY: Int
    /// What of the view is meant, in its pixels: all of it, or of a reduced image what falls between pixels at its edges.
    let area: PixelArea
    let isReduced: Bool

    /// - Parameters:
    ///   - bytes: the memory, `window` row by row; it must outlive the view.
    ///   - window: which part of the image the buffer holds.
    ///   - part: the part of the image to see; its corner becomes the view's (0, 0).
    ///   - reduction: the buffer holds an image whose sides were divided by this. Only `part` is in pixels of the whole one;
    ///     the view then begins with the pixel that its corner lies in.
    @unsafe
    init(
        _ bytes: UnsafeRawBufferPointer, window: PixelRect, channels: Int, part wholePart: PixelRect, reduction: Int = 1
    ) {
        let part = wholePart.reduced(by: reduction)
        area = PixelArea(wholePart, reduction: reduction, from: part)
        isReduced = reduction > 1
        unsafe precondition(bytes.count >= window.width * window.height * channels && !bytes.isEmpty)
        // Not empty, so there is an address; the bytes are only ever read as UInt8.
        unsafe base = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
        byteCount = window.width * window.height * channels
        strideBytes = window.width * channels
        width = part.width
        height = part.height
        self.channels = channels
        originX = window.x - part.x
        originY = window.y - part.y
    }

    /// Traps unless all pixels of `rect` (in the view's coordinates) are in memory.
    func require(_ rect: PixelRect) {
        precondition(
            rect.width > 0 && rect.height > 0 && rect.x >= originX && rect.y >= originY
                && (rect.x + rect.width - originX) * channels <= strideBytes
                && (rect.y + rect.height - originY) * strideBytes <= byteCount,
            "a kernel would read pixels that were not decoded")
    }

    /// Bytes from the start of a row in memory to the view's column 0.
    var columnBias: Int { originX * channels }

    /// The start of row `y` in memory: of column `originX`, not of column 0.
    @unsafe
    func row(_ y: Int) -> UnsafePointer<UInt8> {
        // In bounds by `require`.
        unsafe base + (y - originY) * strideBytes
    }
}
