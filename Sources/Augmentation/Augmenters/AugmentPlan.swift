/// Everything decided about one sample by a list of augmenters: executing it needs no random number.
///
/// One worker owns one and fills it for every sample, so that planning allocates nothing once the longest list has been
/// seen.
package struct AugmentPlan: Sendable {
    package internal(set) var steps: [AugmentStep] = []
    /// Of the image after the steps so far.
    package internal(set) var width = 0
    package internal(set) var height = 0
    package internal(set) var sourceWidth = 0
    package internal(set) var sourceHeight = 0
    /// Values have fractions from here on.
    var isFloat = false
    /// Orders of lists in random order that are being gone through, one behind the other.
    var orders: [Int] = []

    package init() {}

    mutating func begin(width: Int, height: Int) {
        steps.removeAll(keepingCapacity: true)
        orders.removeAll(keepingCapacity: true)
        isFloat = false
        (self.width, self.height) = (width, height)
        (sourceWidth, sourceHeight) = (width, height)
    }

    /// Pixels that all steps together compute or move, which is what they cost. Crops and mirroring are free.
    var computedPixels: Int {
        var pixels = 0
        // Planes of numbers keep the size that they were made with until something moves their pixels.
        var (width, height) = (sourceWidth, sourceHeight)
        var planes: Int?
        for step in steps {
            switch step {
            case .mirror: continue
            case .crop(let rect): (width, height) = (rect.width, rect.height)
            case .resize(_, let rect):
                (width, height) = (rect.width, rect.height)
                pixels += width * height
            case .resample(_, let rect):
                (width, height) = (rect.width, rect.height)
                planes = width * height
                pixels += width * height
            case .border(let border, _):
                width += border.left + border.right
                height += border.top + border.bottom
                if planes != nil { planes = width * height }
                pixels += width * height
            case .scale, .contrast, .saturation, .mix, .offset, .normalise:
                planes = planes ?? width * height
                pixels += planes!
            }
        }
        return pixels
    }

    /// Cuts `rect` out. Of a resize just before it, only that part will be computed.
    mutating func crop(_ rect: PixelRect) {
        precondition(rect.isInside(width: width, height: height), "the crop is not inside the image")
        if rect.width == width, rect.height == height { return }
        (width, height) = (rect.width, rect.height)
        func part(of whole: PixelRect) -> PixelRect {
            PixelRect(x: whole.x + rect.x, y: whole.y + rect.y, width: rect.width, height: rect.height)
        }
        switch steps.last {
        case .resize(let resize, let whole): steps[steps.count - 1] = .resize(resize, rect: part(of: whole))
        case .resample(let resize, let whole): steps[steps.count - 1] = .resample(resize, rect: part(of: whole))
        default: steps.append(.crop(rect))
        }
    }

    /// Brings the image to another size.
    mutating func resize(_ resize: SamplePlan.Resize) {
        (width, height) = (resize.width, resize.height)
        let whole = PixelRect(width: width, height: height)
        steps.append(isFloat ? .resample(resize, rect: whole) : .resize(resize, rect: whole))
    }
}
