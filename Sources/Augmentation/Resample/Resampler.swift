package import DataTypes

/// Resizes 8-bit images, computing only the rectangle of the result that is wanted.
///
/// One decode worker owns one: it keeps the weights of recent sizes and the rows it works in, so that a sample allocates
/// nothing once the largest has been seen. Bit-identical to OpenCV 3.4's `resize` for 1, 3 and 4 channels.
package struct Resampler: ~Copyable {
    private var cache = AxisTableCache()
    private var rows = ResampleRows()
    private var pass = LinearPass()

    package init() {}

    /// Writes the part `outputRect` of `source`, resized to `outputWidth × outputHeight`, to `destination`.
    ///
    /// - Parameters:
    ///   - source: HWC, 1, 3 or 4 channels.
    ///   - part: what to resize, as if cut out before; nil: all of it.
    ///   - outputRect: within the resized image; nil: all of it.
    ///   - destination: becomes `outputRect`'s size.
    package mutating func resample(
        _ source: borrowing PixelBuffer, part: PixelRect? = nil, outputWidth: Int, outputHeight: Int,
        outputRect: PixelRect? = nil, kernel: Interpolation, into destination: inout PixelBuffer
    ) {
        let whole = PixelRect(width: source.width, height: source.height)
        let part = part ?? whole
        precondition(part.isInside(width: whole.width, height: whole.height), "the part is not inside the image")
        let channels = source.channels
        unsafe source.withUnsafeBytes { bytes in
            // The view lives inside the closure, as long as the memory is lent.
            let view = unsafe SourceView(bytes, window: whole, channels: channels, part: part)
            resample(
                view, width: outputWidth, height: outputHeight,
                rect: outputRect ?? PixelRect(width: outputWidth, height: outputHeight), kernel: kernel,
                into: &destination)
        }
    }

    mutating func resample(
        _ view: SourceView, width: Int, height: Int, rect: PixelRect, kernel: Interpolation,
        into destination: inout PixelBuffer
    ) {
        precondition(rect.isInside(width: width, height: height), "the wanted part is not inside the result")
        precondition(view.channels == 1 || view.channels == 3 || view.channels == 4)
        let method = ResizeMethod(kernel, from: view.area, to: (width, height), isReduced: view.isReduced)
        if method == .copy {
            CropKernel.copy(view, rect: rect, into: &destination)
            return
        }
        destination.reshape(width: rect.width, height: rect.height, channels: view.channels)
        switch method {
        case .copy: return
        case .blocks(let blockWidth, let blockHeight):
            BlockKernel.run(
                view, blockWidth: blockWidth, blockHeight: blockHeight,
                reciprocal: ResizeMethod.share(from: (view.width, view.height), to: (width, height)), rect: rect,
                rows: &rows, into: &destination)
        case .cells:
            let (horizontal, vertical) = tables(.areaCells, view, width: width, height: height, rect: rect)
            CellKernel.run(
                view, horizontal: horizontal, vertical: vertical, rect: rect, rows: &rows, into: &destination)
        case .nearest:
            let (horizontal, vertical) = tables(.nearest, view, width: width, height: height, rect: rect)
            NearestKernel.run(view, horizontal: horizontal, vertical: vertical, rect: rect, into: &destination)
        case .linear(let rule), .wide(let rule):
            let (horizontal, vertical) = tables(rule, view, width: width, height: height, rect: rect)
            TapKernel.run(
                view, horizontal: horizontal, vertical: vertical, rect: rect, rows: &rows, into: &destination)
        }
    }

    /// Writes the part `rect` of the view, resized to `width × height`, straight into the rows of a sample.
    ///
    /// - Precondition: `canPass` for the same sizes and kernel.
    mutating func resample(
        _ view: SourceView, width: Int, height: Int, rect: PixelRect, kernel: Interpolation, isMirrored: Bool,
        to sample: SampleRows
    ) {
        guard
            case .linear(let rule) = ResizeMethod(
                kernel, from: view.area, to: (width, height), isReduced: view.isReduced)
        else {
            preconditionFailure("only linear kernels write straight into a sample")
        }
        precondition(rect.isInside(width: width, height: height), "the wanted part is not inside the result")
        let (horizontal, vertical) = tables(rule, view, width: width, height: height, rect: rect)
        pass.run(view, horizontal: horizontal, vertical: vertical, rect: rect, isMirrored: isMirrored, to: sample)
    }

    /// True when a resize of `part`, of an image reduced by `reduction`, can be written straight into the rows of a sample.
    static func canPass(
        _ kernel: Interpolation, from part: PixelRect, reduction: Int, to target: (width: Int, height: Int)
    ) -> Bool {
        let area = PixelArea(part, reduction: reduction, from: part.reduced(by: reduction))
        if case .linear = ResizeMethod(kernel, from: area, to: target, isReduced: reduction > 1) { return true }
        return false
    }

    /// The tables of both axes, with the check that what they read is in memory.
    private mutating func tables(
        _ rule: AxisTable.Key.Rule, _ view: SourceView, width: Int, height: Int, rect: PixelRect
    ) -> (horizontal: AxisTable, vertical: AxisTable) {
        let x = cache.index(
            of: AxisTable.Key(
                rule: rule, sourceCount: view.width, targetCount: width, isHorizontal: true, origin: view.area.x,
                extent: view.area.width))
        let y = cache.index(
            of: AxisTable.Key(
                rule: rule, sourceCount: view.height, targetCount: height, isHorizontal: false, origin: view.area.y,
                extent: view.area.height))
        let horizontal = cache.table(at: x)
        let vertical = cache.table(at: y)
        let columns = horizontal.sourceRange(of: rect.x..<rect.x + rect.width)
        let lines = vertical.sourceRange(of: rect.y..<rect.y + rect.height)
        view.require(PixelRect(x: columns.lowerBound, y: lines.lowerBound, width: columns.count, height: lines.count))
        return (horizontal, vertical)
    }
}
