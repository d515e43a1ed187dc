/// The layout of InsightFace's data files: images, then one header record and one record per identity, which hold no
/// image.
///
/// The header record has id 0 and the labels (a, b): images have the keys below a, identities those from a on and below
/// b. An identity's labels are the range of its images' keys. Follows InsightFace `recognition/common/face2rec2.py`.
package struct InsightFaceLayout: Sendable, Hashable {
    /// Images found.
    package var imageCount: Int
    /// Identity records found, and left out of the samples.
    package var identityCount: Int
    /// What the header record says of them. A Float32, thus rounded beyond 2²⁴.
    package var claimedImageCount: UInt64
    package var claimedIdentityCount: UInt64

    /// What to tell the user when the file does not hold what its header says.
    package var warning: String? {
        // Beyond 2²⁴ a Float32 moves in steps of 2 and more; both labels may be off by half a step.
        let tolerance = 1 + (claimedImageCount &+ claimedIdentityCount) >> 23
        let images = claimedImageCount.distance(from: UInt64(imageCount))
        let identities = claimedIdentityCount.distance(from: UInt64(identityCount))
        if images < tolerance, identities < tolerance { return nil }
        return "the InsightFace header record announces \(claimedImageCount) images and \(claimedIdentityCount) "
            + "identities; \(imageCount) and \(identityCount) were found"
    }
}

extension UInt64 {
    fileprivate func distance(from other: UInt64) -> UInt64 { self > other ? self - other : other - self }
}
