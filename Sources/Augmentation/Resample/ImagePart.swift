/// A part of an image in memory, perhaps seen with left and right exchanged: to crop and to mirror moves no pixel.
struct ImagePart {
    /// In the coordinates of the image in memory.
    var rect: PixelRect
    /// The part is what `rect` holds with left and right exchanged.
    var isMirrored = false

    /// As an image of its own.
    var size: PixelRect { PixelRect(width: rect.width, height: rect.height) }

    /// Keeps only `inner`, in the part's own coordinates.
    mutating func crop(_ inner: PixelRect) {
        rect.x += isMirrored ? rect.width - inner.x - inner.width : inner.x
        rect.y += inner.y
        (rect.width, rect.height) = (inner.width, inner.height)
    }

    /// Where column `x` of the part lies in memory.
    func column(_ x: Int) -> Int { isMirrored ? rect.x + rect.width - 1 - x : rect.x + x }
}
