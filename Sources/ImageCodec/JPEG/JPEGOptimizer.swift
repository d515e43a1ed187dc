import CJPEG
import DataTypes
import Glibc

/// Rewrites JPEGs without loss: one baseline scan with the best Huffman codes for it, and restart markers.
///
/// EXIF, ICC profiles, comments and all other segments for applications stay, in their order; bytes behind the end marker
/// do not. One worker owns it.
@safe
package struct JPEGOptimizer: ~Copyable {
    private let restarts: JPEGRestarts
    private let limits: ImageLimits
    /// `nil` when there was no memory for it; every rewriting then says so.
    private let handle: OpaquePointer?
    // Two decoders that have little in common, so that a fault of either shows as a difference.
    private var library: ImageDecoder
    private var decoder: ImageDecoder
    private var before = PixelBuffer()
    private var after = PixelBuffer()

    package init(restarts: JPEGRestarts = .bytes(512), limits: ImageLimits = ImageLimits()) {
        self.restarts = restarts
        self.limits = limits
        unsafe handle = cjpeg_decoder_create(nil)
        library = ImageDecoder(limits: limits, usesLibraryOnly: true)
        decoder = ImageDecoder(limits: limits)
    }

    deinit { unsafe cjpeg_decoder_destroy(handle) }

    /// The picture rewritten, once both have been decoded in every colour mode and were the same, pixel for pixel.
    ///
    /// - Parameter bytes: a JPEG.
    /// - Throws: what decoding the picture throws; `.unsupportedFormat` for those that must stay as they are: arithmetic
    ///   coding, 12 bits, progressive ones that lack scans; `.corrupt` when the two differ.
    package mutating func optimize(_ bytes: RawSpan) throws(ImageError) -> [UInt8] {
        let rewritten = try rewrite(bytes)
        // A UInt8 has no padding that could be read uninitialised.
        try compare(bytes, unsafe rewritten.span.bytes)
        return rewritten
    }

    private func rewrite(_ bytes: RawSpan) throws(ImageError) -> [UInt8] {
        var positions = cjpeg_restarts(rows: 0, bytes: 0)
        switch restarts {
        case .none: break
        case .rows(let count): positions.rows = UInt32(clamping: count)
        case .bytes(let count): positions.bytes = UInt32(clamping: count)
        }
        var options = cjpeg_options(
            max_pixels: UInt64(limits.maxPixels), max_scans: UInt32(clamping: limits.maxScans), tolerate_damage: false,
            library_only: true, approximate: false, reduction: 1)
        var why = cjpeg_message()
        var rewritten: UnsafeMutablePointer<UInt8>?
        var count = 0
        // The pointers stay within the call.
        let status = unsafe bytes.withUnsafeBytes { source in
            let start = unsafe source.assumingMemoryBound(to: UInt8.self).baseAddress
            return unsafe cjpeg_optimize(
                handle, start, source.count, &options, &positions, &rewritten, &count, &why)
        }
        if status != CJPEG_OK {
            let header = try? JPEGHeader(of: bytes)
            throw JPEGDecoder.error(status, why, header?.width ?? 0, header?.height ?? 0, limits)
        }
        // Ours to free after the copy.
        defer { unsafe cjpeg_free(rewritten) }
        return unsafe Array(UnsafeBufferPointer(start: rewritten, count: count))
    }

    private mutating func compare(_ old: RawSpan, _ new: RawSpan) throws(ImageError) {
        let (header, newHeader) = (try ImageHeader(of: old), try ImageHeader(of: new))
        var isSame =
            header.orientation == newHeader.orientation && header.startsWithJFIF == newHeader.startsWithJFIF
            && header.chromaReduction == newHeader.chromaReduction
        // As stored: how they are turned, the headers tell.
        for mode in [ColourMode.unchanged, .bgr, .gray] where mode != .bgr || header.channels == 1 {
            try library.decode(old, as: mode, applyingOrientation: false, into: &before)
            try decoder.decode(new, as: mode, applyingOrientation: false, into: &after)
            isSame = isSame && hasEqualPixels
        }
        guard isSame else { throw .corrupt(.jpeg, reason: "it would not be the same when rewritten") }
    }

    private var hasEqualPixels: Bool {
        guard before.width == after.width, before.height == after.height, before.channels == after.channels else {
            return false
        }
        return unsafe before.withUnsafeBytes { left in
            // Both are as long as their sizes say, which are equal.
            unsafe after.withUnsafeBytes { right in
                unsafe left.isEmpty || memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0
            }
        }
    }
}
