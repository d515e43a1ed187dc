import CJPEG
package import DataTypes

/// Baseline JPEG as OpenCV writes it: chroma halved both ways, standard Huffman tables.
package struct JPEGEncoder: Sendable {
    /// 1 (smallest) … 100 (best).
    package let quality: Int

    package init(quality: Int = 95) { self.quality = min(100, max(1, quality)) }

    /// - Parameter image: 1 (gray) or 3 (BGR) channels, sides of 1…65,500 pixels.
    /// - Throws: `.cannotEncode` for any other shape, `.outOfMemory`.
    package func encode(_ image: borrowing PixelBuffer) throws(ImageError) -> [UInt8] {
        let (width, height, channels) = (image.width, image.height, image.channels)
        let sides = 1...65_500
        guard channels == 1 || channels == 3, sides.contains(width), sides.contains(height) else {
            throw .cannotEncode(.jpeg, width: width, height: height, channels: channels)
        }
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        var why = cjpeg_message()
        let rowBytes = image.rowBytes
        // The rows are valid for the call and as many as the sizes say.
        let status = unsafe image.withUnsafeBytes { rows in
            let base = unsafe rows.assumingMemoryBound(to: UInt8.self).baseAddress
            return unsafe cjpeg_encode(
                base, UInt32(width), UInt32(height), channels == 1 ? CJPEG_GRAY : CJPEG_BGR, rowBytes, Int32(quality),
                &bytes, &count, &why)
        }
        switch status {
        case CJPEG_OK: break
        case CJPEG_NO_MEMORY: throw .outOfMemory
        default: throw .corrupt(.jpeg, reason: JPEGDecoder.text(why))
        }
        // Ours to free after the copy.
        defer { unsafe cjpeg_free(bytes) }
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    }
}
