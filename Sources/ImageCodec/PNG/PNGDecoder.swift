import CPNG
import DataTypes

/// libpng behind typed errors. One worker owns it.
@safe
struct PNGDecoder: ~Copyable {
    /// `nil` when there was no memory for it; every decode then says so.
    private let handle: OpaquePointer?

    init() { unsafe handle = cpng_decoder_create() }

    deinit { unsafe cpng_decoder_destroy(handle) }

    /// Of an animated file, decodes the first picture.
    mutating func decode(
        _ bytes: RawSpan, as mode: ColourMode, limits: ImageLimits, into target: inout PixelBuffer
    ) throws(ImageError) {
        // The pointers stay within the two calls; `cpng_decode` checks the target's capacity itself.
        try unsafe bytes.withUnsafeBytes { source throws(ImageError) in
            var info = cpng_info()
            var why = cpng_message()
            let start = unsafe source.assumingMemoryBound(to: UInt8.self).baseAddress
            var status = unsafe cpng_begin(handle, start, source.count, UInt64(limits.maxPixels), &info, &why)
            let (width, height) = (Int(info.width), Int(info.height))
            if status != CPNG_OK { throw Self.error(status, why, width, height, limits) }

            let colour =
                switch mode {
                case .gray: CPNG_GRAY
                case .bgr: CPNG_BGR
                case .unchanged: info.natural
                }
            target.reshape(width: width, height: height, channels: Int(colour.rawValue))
            let rowBytes = target.rowBytes
            // As above: valid for the call, and its length goes with it.
            status = unsafe target.withUnsafeMutableBytes { rows in
                let base = unsafe rows.assumingMemoryBound(to: UInt8.self).baseAddress
                return unsafe cpng_decode(handle, colour, base, rows.count, rowBytes, &why)
            }
            if status != CPNG_OK { throw Self.error(status, why, width, height, limits) }
        }
    }

    private static func error(
        _ status: cpng_status, _ why: cpng_message, _ width: Int, _ height: Int, _ limits: ImageLimits
    ) -> ImageError {
        switch status {
        case CPNG_TRUNCATED: .truncated(.png, reason: text(why))
        case CPNG_TOO_MANY_PIXELS: .tooManyPixels(width: width, height: height, limit: limits.maxPixels)
        case CPNG_NO_MEMORY: .outOfMemory
        default: .corrupt(.png, reason: text(why))
        }
    }

    static func text(_ message: cpng_message) -> String {
        // The tuple is a char array that the C side always terminates.
        unsafe withUnsafeBytes(of: message) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
