import CJPEG
import DataTypes

/// libjpeg-turbo behind typed errors, with `ScanReader` in the place of its Huffman decoder. One worker owns it.
@safe
struct JPEGDecoder: ~Copyable {
    /// `nil` when there was no memory for it; every decode then says so.
    private let handle: OpaquePointer?

    /// Leaves all of the decoding to libjpeg-turbo. Nothing but the time it takes changes: for comparing.
    private let usesLibraryOnly: Bool

    init(usesLibraryOnly: Bool = false) {
        // They are copied.
        var functions = ScanReader.functions
        unsafe handle = cjpeg_decoder_create(&functions)
        self.usesLibraryOnly = usesLibraryOnly
    }

    deinit { unsafe cjpeg_decoder_destroy(handle) }

    /// Whether the last picture was decoded without libjpeg-turbo's own Huffman decoder.
    var wasFast: Bool { unsafe cjpeg_was_fast(handle) }

    /// Decodes as gray or BGR, not turned. Four inks become BGR.
    ///
    /// - Parameters:
    ///   - precision: whether the pixels are the exact ones, and how many of them there are.
    ///   - window: the part that is wanted of the picture, reduced and turned by `orientation`. The whole picture is decoded
    ///     when the window does not lie in it, and where damage is tolerated.
    /// - Returns: Whether `target` is the window.
    mutating func decode(
        _ bytes: RawSpan, as mode: ColourMode, limits: ImageLimits, toleratesDamage: Bool,
        precision: DecodePrecision = .exact, window: ImageWindow? = nil, orientation: Orientation = .upright,
        into target: inout PixelBuffer
    ) throws(ImageError) -> Bool {
        // The pointers stay within the two calls; `cjpeg_decode` checks the target's capacity itself.
        return try unsafe bytes.withUnsafeBytes { source throws(ImageError) -> Bool in
            var options = cjpeg_options(
                max_pixels: UInt64(limits.maxPixels), max_scans: UInt32(clamping: limits.maxScans),
                tolerate_damage: toleratesDamage, library_only: usesLibraryOnly,
                approximate: precision != .exact, reduction: UInt32(precision.reduction))
            var info = cjpeg_info()
            var why = cjpeg_message()
            let start = unsafe source.assumingMemoryBound(to: UInt8.self).baseAddress
            var status = unsafe cjpeg_begin(handle, start, source.count, &options, &info, &why)
            let stored = (width: Int(info.width), height: Int(info.height))
            if status != CJPEG_OK { throw Self.error(status, why, stored.width, stored.height, limits) }

            let (width, height) = precision.reduced(stored)
            let colour = mode == .gray || (mode == .unchanged && info.components == 1) ? CJPEG_GRAY : CJPEG_BGR
            var part = ImageWindow(x: 0, y: 0, width: width, height: height)
            let storedWindow = window?.stored(orientation, width: width, height: height)
            let isWindow = !toleratesDamage && storedWindow?.isInside(width: width, height: height) == true
            if isWindow, let storedWindow { part = storedWindow }
            target.reshape(width: part.width, height: part.height, channels: Int(colour.rawValue))
            var rectangle = cjpeg_window(
                x: UInt32(part.x), y: UInt32(part.y), width: UInt32(part.width), height: UInt32(part.height))
            let rowBytes = target.rowBytes
            // As above: valid for the call, and its length goes with it.
            status = unsafe target.withUnsafeMutableBytes { rows in
                let base = unsafe rows.assumingMemoryBound(to: UInt8.self).baseAddress
                return unsafe cjpeg_decode(handle, colour, &rectangle, base, rows.count, rowBytes, &why)
            }
            if status != CJPEG_OK { throw Self.error(status, why, stored.width, stored.height, limits) }
            return isWindow
        }
    }

    static func error(
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
