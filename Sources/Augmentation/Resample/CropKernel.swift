internal import DataTypes
internal import Glibc

/// Copies a rectangle of an image.
enum CropKernel {
    static func copy(_ view: SourceView, rect: PixelRect, into destination: inout PixelBuffer) {
        view.require(rect)
        destination.reshape(width: rect.width, height: rect.height, channels: view.channels)
        let rowBytes = destination.rowBytes
        let offset = rect.x * view.channels - view.columnBias
        unsafe destination.withUnsafeMutableBytes { out in
            for y in 0..<rect.height {
                // `require` holds the source row, `reshape` made room for the other.
                unsafe memcpy(
                    out.baseAddress.unsafelyUnwrapped + y * rowBytes, view.row(rect.y + y) + offset, rowBytes)
            }
        }
    }
}
