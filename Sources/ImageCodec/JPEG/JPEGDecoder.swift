import CJPEG
import DataTypes

/// libjpeg-turbo behind typed errors. One worker owns it.
@safe
struct JPEGDecoder: ~Copyable {
    /// `nil` when there was no memory for it; every decode then says so.
    private let handle: OpaquePointer?

    init() { unsafe handle = cjpeg_decoder_create() }

    deinit { unsafe cjpeg_decoder_destroy(handle) }

    /// Decodes as gray or BGR, not turned. Four inks become BGR.
    mutating func decode(
        _ bytes: RawSpan, as mode: ColourMode, limits: ImageLimits, toleratesDamage: Bool,
        into target: inout PixelBuffer
    ) throws(ImageError) {
        // The pointers stay within the two calls; `cjpeg_decode` checks the target's capacity itself.
        try unsafe bytes.withUnsafeBytes { source throws(ImageError) in
            var options = cjpeg_options(
                max_pixels: UInt64(limits.maxPixels), max_scans: UInt32(clamping: limits.maxScans),
                tolerate_damage: toleratesDamage)
            var info = cjpeg_info()
            var why = cjpeg_message()
            let start = unsafe source.assumingMemoryBound(to: UInt8.self).baseAddress
            var status = unsafe cjpeg_begin(handle, start, source.count, &options, &info, &why)
            let (width, height) = (Int(info.width), Int(info.height))
            if status != CJPEG_OK { throw Self.error(status, why, width, height, limits) }

            let colour = mode == .gray || (mode == .unchanged && info.components == 1) ? CJPEG_GRAY : CJPEG_BGR
            target.reshape(width: width, height: height, channels: Int(colour.rawValue))
            let rowBytes = target.rowBytes
            // As above: valid for the call, and its length goes with it.
            status = unsafe target.withUnsafeMutableBytes { rows in
                let base = unsafe rows.assumingMemoryBound(to: UInt8.self).baseAddress
                return unsafe cjpeg_decode(handle, colour, base, rows.count, rowBytes, &why)
            }
            if status != CJPEG_OK { throw Self.error(status, why, width, height, limits) }
        }
    }

    private static func error(
        _ status: cjpeg_status, _ why: cjpeg_message, _ width: Int, _ height: Int, _ limits: ImageLimits
    ) -> ImageError {
        let reason = text(why)
        return switch status {
        case CJPEG_TRUNCATED: .truncated(.jpeg, reason: reason)
        case CJPEG_UNSUPPORTED: .unsupportedFormat("JPEG (\(reason))")
        case CJPEG_TOO_MANY_PIXELS: .tooManyPixels(width: width, height: height, limit: limits.maxPixels)
        case CJPEG_TOO_MANY_SCANS: .tooManyScans(limit: limits.maxScans)
        case CJPEG_NO_MEMORY: .outOfMemory
        default: .corrupt(.jpeg, reason: reason)
        }
    }

    static func text(_ message: cjpeg_message) -> String {
        // The tuple is a char array that the C side always terminates.
        unsafe withUnsafeBytes(of: message) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
