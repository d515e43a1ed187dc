/// What a single picture may cost. Checked against the header, before memory is taken.
package struct ImageLimits: Sendable, Equatable {
    /// Width times height. The default holds every camera picture and 192 MiB of BGR.
    package let maxPixels: Int
    /// Scans of a progressive JPEG. Encoders write 10 or so.
    package let maxScans: Int

    /// - Parameter maxPixels: at most 2²⁹, and taken as that when it is more: places of bytes in a row then fit 32 bits, and no
    ///   byte count can overflow.
    package init(maxPixels: Int = 64 << 20, maxScans: Int = 100) {
        precondition(maxPixels > 0 && maxScans > 0)
        self.maxPixels = min(maxPixels, 1 << 29)
        self.maxScans = maxScans
    }

    func check(width: Int, height: Int) throws(ImageError) {
        let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
        if overflow || pixels > maxPixels {
            throw .tooManyPixels(width: width, height: height, limit: maxPixels)
        }
    }
}
