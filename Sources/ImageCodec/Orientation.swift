/// How a picture must be turned to be seen upright: the EXIF tag 0x0112.
package enum Orientation: UInt16, Sendable, CaseIterable {
    case upright = 1
    case mirrored = 2
    case rotated180 = 3
    case flippedVertically = 4
    case transposed = 5
    /// Upright after a quarter turn clockwise.
    case rotated90Clockwise = 6
    case antiTransposed = 7
    /// Upright after a quarter turn counter-clockwise.
    case rotated90CounterClockwise = 8

    /// Width and height change places.
    package var swapsSides: Bool { rawValue >= 5 }

    /// The orientation in an EXIF block, which begins with the TIFF header (`II` or `MM`); `nil` when there is none.
    ///
    /// Only the first directory counts, and the value is read as 16 bits whatever type it claims, as OpenCV 3.4 does.
    /// A broken block is no reason to refuse the pixels.
    init?(exif: RawSpan) {
        let bigEndian: Bool
        if exif.starts(with: [0x4D, 0x4D, 0x00, 0x2A]) {
            bigEndian = true
        } else if exif.starts(with: [0x49, 0x49, 0x2A, 0x00]) {
            bigEndian = false
        } else {
            return nil
        }
        guard let directory = exif.uint32(at: 4, bigEndian: bigEndian).map(Int.init),
            let entries = exif.uint16(at: directory, bigEndian: bigEndian).map(Int.init)
        else { return nil }
        // At most 65,535 entries of 12 bytes, and the loop ends with the bytes.
        for index in 0..<entries {
            let entry = directory + 2 + 12 * index
            guard let tag = exif.uint16(at: entry, bigEndian: bigEndian),
                let value = exif.uint16(at: entry + 8, bigEndian: bigEndian)
            else { return nil }
            if tag == 0x0112 {
                self.init(rawValue: value)
                return
            }
        }
        return nil
    }
}
