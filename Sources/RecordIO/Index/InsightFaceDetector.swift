/// Finds the records of InsightFace's layout that hold no image.
///
/// Only what has been seen to hold no image is left out, whatever the header record says: a damaged claim must not cost
/// anybody's images.
struct InsightFaceDetector {
    private var header: (ordinal: Int, first: UInt64, end: UInt64)?
    private var hasSeveralHeaders = false
    private var identities: [Int] = []

    /// The first key of the identities as the header record says, once it was seen.
    var claimedFirstIdentity: UInt64? { header?.first }

    /// Looks at record `ordinal`.
    ///
    /// - Parameter words: its content, which is two labels and no image when it is one of those.
    mutating func consider(_ ordinal: Int, _ words: [4 of UInt64]) {
        guard words[0] & 0xFFFF_FFFF == 2 else { return }
        guard words[1] == 0 else {
            identities.append(ordinal)
            return
        }
        let first = Float(bitPattern: UInt32(truncatingIfNeeded: words[3]))
        let end = Float(bitPattern: UInt32(truncatingIfNeeded: words[3] >> 32))
        // Below 2⁴⁰ so that the conversion cannot trap; no data set has more images.
        guard first >= 1, first <= end, end < 0x1p40 else { return }
        hasSeveralHeaders = header != nil
        header = (ordinal, UInt64(first), UInt64(end))
    }

    /// - Parameter recordCount: all records of the file.
    /// - Returns: the ordinals to leave out, ascending, and what was found; nil when the file has another layout.
    func finish(recordCount: Int) -> (excluded: [Int], layout: InsightFaceLayout)? {
        guard let header, !hasSeveralHeaders else { return nil }
        let excluded = (identities + [header.ordinal]).sorted()
        let layout = InsightFaceLayout(
            imageCount: recordCount - excluded.count, identityCount: identities.count,
            claimedImageCount: header.first - 1, claimedIdentityCount: header.end - header.first)
        return (excluded, layout)
    }
}
