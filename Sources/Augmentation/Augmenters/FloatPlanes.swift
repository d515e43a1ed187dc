internal import DataTypes

/// An image of numbers with fractions: a plane each of red, green and blue, for colour augmenters and what comes after them.
///
/// One worker owns one and loads it for sample after sample; growing it is the only allocation.
struct FloatPlanes {
    private var values: [Float] = []
    /// What a step that moves pixels writes, before it takes the place of `values`.
    private var spare: [Float] = []
    private var resampler = PlaneResampler()
    private(set) var width = 0
    private(set) var height = 0
    /// The image, within the planes.
    private var part = ImagePart(rect: PixelRect(width: 0, height: 0))

    private var planeCount: Int { width * height }

    /// Takes over a rectangle of an 8-bit image, blue first.
    mutating func load(_ view: SourceView, rect: PixelRect, isMirrored: Bool) {
        view.require(rect)
        precondition(view.channels == 3)
        (width, height) = (rect.width, rect.height)
        part = ImagePart(rect: PixelRect(width: width, height: height), isMirrored: isMirrored)
        let count = planeCount
        ResampleRows.grow(&values, to: 3 * count)
        // The pointer lives inside the closure, as long as the memory is lent.
        unsafe values.withUnsafeMutableBufferPointer { values in
            let red = unsafe values.baseAddress.unsafelyUnwrapped
            let (green, blue) = unsafe (red + count, red + 2 * count)
            for y in 0..<rect.height {
                // `require` holds the source row, `grow` made room for three planes.
                let line = unsafe view.row(rect.y + y) + (rect.x * 3 - view.columnBias)
                for x in 0..<rect.width {
                    let position = y &* rect.width &+ x
                    unsafe blue[position] = Float(line[3 &* x])
                    unsafe green[position] = Float(line[3 &* x &+ 1])
                    unsafe red[position] = Float(line[3 &* x &+ 2])
                }
            }
        }
    }

    mutating func run(_ step: AugmentStep) {
        switch step {
        case .crop(let inner): part.crop(inner)
        case .mirror: part.isMirrored.toggle()
        case .resample(let resize, let rect): resample(resize, rect)
        case .border(let border, let fill): surround(by: border, fill)
        case .scale(let factor): map(factor: RGB(all: factor), offset: RGB(all: 0))
        case .contrast(let factor):
            map(factor: RGB(all: factor), offset: RGB(all: (1 - factor) * mean.dot(.luma)))
        case .saturation(let factor):
            let rest = 1 - factor
            mix(
                ColourMatrix(
                    red: RGB(factor + rest * RGB.luma.red, rest * RGB.luma.green, rest * RGB.luma.blue),
                    green: RGB(rest * RGB.luma.red, factor + rest * RGB.luma.green, rest * RGB.luma.blue),
                    blue: RGB(rest * RGB.luma.red, rest * RGB.luma.green, factor + rest * RGB.luma.blue)))
        case .mix(let matrix): mix(matrix)
        case .offset(let offset): map(factor: RGB(all: 1), offset: offset)
        case .normalise(let mean, let deviation): normalise(mean: mean, deviation: deviation)
        case .resize: preconditionFailure("planned before the image had fractions")
        }
    }

    /// Writes the image to a slot: three planes of `Float`, the whole of it.
    func write(to slot: inout MutableRawSpan) {
        let rect = part.rect
        let rowBytes = rect.width * MemoryLayout<Float>.size
        precondition(slot.byteCount == 3 * rect.height * rowBytes)
        unsafe slot.withUnsafeMutableBytes { slot in
            unsafe values.withUnsafeBufferPointer { values in
                // The rectangle is within the planes, and the slot has room for it, as checked above.
                var target = unsafe slot.baseAddress.unsafelyUnwrapped
                for channel in 0..<3 {
                    for y in rect.y..<rect.y + rect.height {
                        let row =
                            unsafe values.baseAddress.unsafelyUnwrapped + channel * planeCount + y * width + rect.x
                        if part.isMirrored {
                            // A slot may begin anywhere.
                            for x in 0..<rect.width {
                                unsafe target.storeBytes(
                                    of: row[rect.width &- 1 &- x], toByteOffset: x &* 4, as: Float.self)
                            }
                        } else {
                            unsafe target.copyMemory(from: row, byteCount: rowBytes)
                        }
                        unsafe target += rowBytes
                    }
                }
            }
        }
    }

    private mutating func resample(_ resize: SamplePlan.Resize, _ rect: PixelRect) {
        ResampleRows.grow(&spare, to: 3 * rect.width * rect.height)
        resampler.run(values, width: width, height: height, part: part, resize, rect: rect, into: &spare)
        takeSpare(width: rect.width, height: rect.height)
    }

    private mutating func surround(by border: PixelBorder, _ fill: RGB) {
        let rect = part.rect
        let (newWidth, newHeight) = (
            rect.width + border.left + border.right, rect.height + border.top + border.bottom
        )
        ResampleRows.grow(&spare, to: 3 * newWidth * newHeight)
        for (channel, value) in [fill.red, fill.green, fill.blue].enumerated() {
            let start = channel * newWidth * newHeight
            for position in start..<start + newWidth * newHeight { spare[position] = value }
            for y in 0..<rect.height {
                let source = (channel * height + rect.y + y) * width
                let target = start + (border.top + y) * newWidth + border.left
                for x in 0..<rect.width { spare[target + x] = values[source + part.column(x)] }
            }
        }
        takeSpare(width: newWidth, height: newHeight)
    }

    /// What was written to `spare` is the image now.
    private mutating func takeSpare(width: Int, height: Int) {
        swap(&values, &spare)
        (self.width, self.height) = (width, height)
        part = ImagePart(rect: PixelRect(width: width, height: height))
    }

    private mutating func map(factor: RGB, offset: RGB) {
        forEachPlane(factor, offset) { value, factor, offset in value * factor + offset }
    }

    /// Two steps, as MXNet does it: one multiplication with the reciprocal would round otherwise.
    private mutating func normalise(mean: RGB, deviation: RGB) {
        forEachPlane(mean, deviation) { value, mean, deviation in (value - mean) / deviation }
    }

    @inline(__always)
    private mutating func forEachPlane(_ a: RGB, _ b: RGB, _ body: (Float, Float, Float) -> Float) {
        let count = planeCount
        let pairs = [3 of (Float, Float)] { [(a.red, b.red), (a.green, b.green), (a.blue, b.blue)][$0] }
        unsafe values.withUnsafeMutableBufferPointer { values in
            for channel in 0..<3 {
                // `load` made room for three planes.
                let plane = unsafe values.baseAddress.unsafelyUnwrapped + channel * count
                let (first, second) = pairs[channel]
                for position in 0..<count { unsafe plane[position] = body(plane[position], first, second) }
            }
        }
    }

    private mutating func mix(_ matrix: ColourMatrix) {
        let count = planeCount
        unsafe values.withUnsafeMutableBufferPointer { values in
            // `load` made room for three planes.
            let red = unsafe values.baseAddress.unsafelyUnwrapped
            let (green, blue) = unsafe (red + count, red + 2 * count)
            for position in 0..<count {
                let colour = unsafe RGB(red[position], green[position], blue[position])
                unsafe red[position] = matrix.red.dot(colour)
                unsafe green[position] = matrix.green.dot(colour)
                unsafe blue[position] = matrix.blue.dot(colour)
            }
        }
    }

    /// The mean of each channel. Rows are summed in `Float`, in an order that does not depend on the machine, and the sums of
    /// rows in `Double`.
    private var mean: RGB {
        var sums = [3 of Double](repeating: 0)
        let rect = part.rect
        unsafe values.withUnsafeBufferPointer { values in
            for channel in 0..<3 {
                for y in rect.y..<rect.y + rect.height {
                    // Inside the planes: the rectangle is within the image.
                    let row = unsafe values.baseAddress.unsafelyUnwrapped + channel * planeCount + y * width + rect.x
                    var lanes = SIMD8<Float>()
                    var x = 0
                    while x + 8 <= rect.width {
                        unsafe lanes += UnsafeRawPointer(row + x).loadUnaligned(as: SIMD8<Float>.self)
                        x += 8
                    }
                    var sum = lanes.sum()
                    while x < rect.width {
                        unsafe sum += row[x]
                        x += 1
                    }
                    sums[channel] += Double(sum)
                }
            }
        }
        let count = Double(rect.width * rect.height)
        return RGB(Float(sums[0] / count), Float(sums[1] / count), Float(sums[2] / count))
    }
}
