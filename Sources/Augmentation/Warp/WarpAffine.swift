internal import DataTypes

/// Draws an image through a 2×3 matrix onto a canvas of one value.
///
/// Positions have 5 bits of fraction. Bit-identical to OpenCV 3.4 `modules/imgproc/src/imgwarp.cpp`, `warpAffine` with a
/// constant border.
struct WarpAffine: ~Copyable {
    /// Column parts of the source positions, in 1024ths of a pixel.
    private var columnX: [Int] = []
    private var columnY: [Int] = []

    /// - Parameters:
    ///   - fill: value outside the image; a fourth channel gets 0, as in MXNet.
    ///   - rect: the part of the canvas to compute.
    mutating func run(
        _ view: SourceView, affine: SamplePlan.Affine, fill: UInt8, rect: PixelRect, into destination: inout PixelBuffer
    ) {
        precondition(rect.isInside(width: affine.width, height: affine.height))
        view.require(PixelRect(width: view.width, height: view.height))
        destination.reshape(width: rect.width, height: rect.height, channels: view.channels)
        let inverse = Self.invert(affine.matrix)
        columnX.removeAll(keepingCapacity: true)
        columnY.removeAll(keepingCapacity: true)
        for x in rect.x..<rect.x + rect.width {
            columnX.append(Self.fixed(inverse[0] * Double(x) * 1024))
            columnY.append(Self.fixed(inverse[3] * Double(x) * 1024))
        }
        let table: WarpTable? =
            switch affine.kernel {
            case .nearest: nil
            case .linear, .area: .linear
            case .cubic: .cubic
            case .lanczos4: .lanczos4
            }
        let sampler = WarpSampler(view, fill: fill)
        let rowBytes = destination.rowBytes
        unsafe destination.withUnsafeMutableBytes { out in
            var target = unsafe out.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
            for y in rect.y..<rect.y + rect.height {
                let startX = Self.fixed((inverse[1] * Double(y) + inverse[2]) * 1024)
                let startY = Self.fixed((inverse[4] * Double(y) + inverse[5]) * 1024)
                // `target` is a row of `rect.width` pixels, and both columns have as many elements.
                if let table {
                    unsafe sampler.row(
                        columnX, columnY, startX: startX + 16, startY: startY + 16, table: table, to: target)
                } else {
                    unsafe sampler.nearestRow(
                        columnX, columnY, startX: startX + 512, startY: startY + 512, to: target)
                }
                unsafe target += rowBytes
            }
        }
    }

    private static func invert(_ matrix: [6 of Float]) -> [6 of Double] {
        var m: [6 of Double] = .init(repeating: 0)
        for index in m.indices { m[index] = Double(matrix[index]) }
        let determinant = m[0] * m[4] - m[1] * m[3]
        let factor = determinant != 0 ? 1 / determinant : 0
        let (a11, a22) = (m[4] * factor, m[0] * factor)
        m[1] *= -factor
        m[3] *= -factor
        let b1 = -a11 * m[2] - m[1] * m[5]
        let b2 = -m[3] * m[2] - a22 * m[5]
        return [a11, m[1], b1, m[3], a22, b2]
    }

    /// Rounded half to even and limited to 32 bits, so that sums of two cannot overflow: an almost singular matrix gives
    /// positions far outside every image, and which ones does not matter.
    private static func fixed(_ value: Double) -> Int {
        Int(max(-0x8000_0000, min(0x7fff_ffff, value.rounded(.toNearestOrEven))))
    }
}
