import CPNG
package import DataTypes

/// Eight-bit PNG without interlacing.
package struct PNGEncoder: Sendable {
    /// zlib's effort: 0 (store) … 9 (smallest).
    package let level: Int

    package init(level: Int = 3) { self.level = min(9, max(0, level)) }

    /// - Parameter image: 1 (gray), 3 (BGR) or 4 (BGRA) channels, at most 1,000,000 pixels to a side.
    /// - Throws: `.cannotEncode` for any other shape, `.outOfMemory`.
    package func encode(_ image: borrowing PixelBuffer) throws(ImageError) -> [UInt8] {
        let (width, height, channels) = (image.width, image.height, image.channels)
        // The library's own limit.
        let sides = 1...1_000_000
        guard [1, 3, 4].contains(channels), sides.contains(width), sides.contains(height) else {
            throw .cannotEncode(.png, width: width, height: height, channels: channels)
        }
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        var why = cpng_message()
        let rowBytes = image.rowBytes
        // The rows are valid for the call and as many as the sizes say.
        let status = unsafe image.withUnsafeBytes { rows in
            let base = unsafe rows.assumingMemoryBound(to: UInt8.self).baseAddress
            return unsafe cpng_encode(
                base, UInt32(width), UInt32(height), cpng_colour(rawValue: UInt32(channels)), rowBytes, Int32(level),
                &bytes, &count, &why)
        }
        switch status {
        case CPNG_OK: break
        case CPNG_NO_MEMORY: throw .outOfMemory
        default: throw .corrupt(.png, reason: PNGDecoder.text(why))
        }
        // Ours to free after the copy.
        defer { unsafe cpng_free(bytes) }
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    }
}
