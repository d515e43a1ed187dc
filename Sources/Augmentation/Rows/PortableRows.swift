/// Row kernels for every processor; `RowKernels` says what each does and what it asks of its memory.
///
/// Plain loops, each a function of its own: what the compiler makes of one does not depend on its callers.
enum PortableRows {
    @unsafe
    @inline(never)
    static func resize1(
        _ line: UnsafePointer<UInt8>, _ columns: LinearColumns.Memory, to plane: UnsafeMutablePointer<Int16>
    ) {
        for x in unsafe 0..<columns.count {
            let (first, second) = unsafe (Int32(columns.weights[2 &* x]), Int32(columns.weights[2 &* x &+ 1]))
            // `count` columns are there; a right pixel that counts lies in the row, any other behind it in the image's memory.
            let pixel = unsafe line + Int(columns.offsets[x])
            unsafe plane[x] = sixteenth(pixel[0], first, pixel[1], second)
        }
    }

    /// Numbers and not vectors, since the compiler makes of four 32-bit products what SSE2 does not have.
    @unsafe
    @inline(never)
    static func resize3(
        _ line: UnsafePointer<UInt8>, _ columns: LinearColumns.Memory, to planes: UnsafeMutablePointer<Int16>,
        stride: Int
    ) {
        for x in unsafe 0..<columns.count {
            let (first, second) = unsafe (Int32(columns.weights[2 &* x]), Int32(columns.weights[2 &* x &+ 1]))
            // As above.
            let pixel = unsafe line + Int(columns.offsets[x])
            unsafe planes[x] = sixteenth(pixel[2], first, pixel[5], second)
            unsafe planes[stride &+ x] = sixteenth(pixel[1], first, pixel[4], second)
            unsafe planes[2 &* stride &+ x] = sixteenth(pixel[0], first, pixel[3], second)
        }
    }

    @unsafe
    @inline(never)
    static func resize4(
        _ line: UnsafePointer<UInt8>, _ columns: LinearColumns.Memory, to planes: UnsafeMutablePointer<Int16>,
        stride: Int
    ) {
        for x in unsafe 0..<columns.count {
            let (first, second) = unsafe (Int32(columns.weights[2 &* x]), Int32(columns.weights[2 &* x &+ 1]))
            // As above.
            let pixel = unsafe line + Int(columns.offsets[x])
            unsafe planes[x] = sixteenth(pixel[2], first, pixel[6], second)
            unsafe planes[stride &+ x] = sixteenth(pixel[1], first, pixel[5], second)
            unsafe planes[2 &* stride &+ x] = sixteenth(pixel[0], first, pixel[4], second)
            unsafe planes[3 &* stride &+ x] = sixteenth(pixel[3], first, pixel[7], second)
        }
    }

    @inline(__always)
    private static func sixteenth(_ left: UInt8, _ first: Int32, _ right: UInt8, _ second: Int32) -> Int16 {
        Int16(truncatingIfNeeded: (Int32(left) &* first &+ Int32(right) &* second) >> 4)
    }

    @unsafe
    @inline(never)
    static func blend(
        _ upper: UnsafePointer<Int16>, _ lower: UnsafePointer<Int16>, weights: (Int16, Int16), count: Int,
        to target: UnsafeMutablePointer<UInt8>
    ) {
        let (first, second) = (Int32(weights.0), Int32(weights.1))
        for x in 0..<count {
            // All three rows have `count` values.
            let sum = unsafe ((first &* Int32(upper[x])) >> 16) &+ ((second &* Int32(lower[x])) >> 16)
            unsafe target[x] = UInt8(truncatingIfNeeded: (sum &+ 2) >> 2)
        }
    }

    @unsafe
    @inline(never)
    static func split(
        _ line: UnsafePointer<UInt8>, channels: Int, isMirrored: Bool, count: Int,
        to planes: UnsafeMutablePointer<UInt8>, stride: Int
    ) {
        switch channels {
        case 3:
            var pixel = unsafe isMirrored ? line + 3 * (count - 1) : line
            let step = isMirrored ? -3 : 3
            for x in 0..<count {
                // Pixel x of `count`, from the end when mirrored.
                unsafe planes[x] = pixel[2]
                unsafe planes[stride &+ x] = pixel[1]
                unsafe planes[2 &* stride &+ x] = pixel[0]
                unsafe pixel += step
            }
        default:
            for channel in 0..<channels {
                // BGRA becomes RGBA.
                let place = channels == 4 && channel < 3 ? 2 - channel : channel
                for x in 0..<count {
                    let column = isMirrored ? count &- 1 &- x : x
                    // As above.
                    unsafe planes[channel &* stride &+ x] = line[column &* channels &+ place]
                }
            }
        }
    }

    @unsafe
    @inline(never)
    static func join(
        _ planes: UnsafePointer<UInt8>, stride: Int, channels: Int, count: Int, to target: UnsafeMutablePointer<UInt8>
    ) {
        for channel in 0..<channels {
            let plane = unsafe planes + channel * stride
            // `target` has room for `count` pixels.
            for x in 0..<count { unsafe target[x &* channels &+ channel] = plane[x] }
        }
    }

    @unsafe
    @inline(never)
    static func scale(
        _ values: UnsafePointer<UInt8>, mean: Float, first: Float, second: Float, count: Int,
        to target: UnsafeMutableRawPointer
    ) {
        for x in 0..<count {
            let value = unsafe (Float(values[x]) - mean) * first + second
            // Room for `count` values.
            unsafe target.storeBytes(of: value, toByteOffset: 4 &* x, as: Float.self)
        }
    }

    /// Like `scale` with a mean for each value; mirrored, the last mean belongs to the first value.
    @unsafe
    @inline(never)
    static func subtract(
        _ means: UnsafePointer<Float>, isMirrored: Bool, first: Float, second: Float, from values: UnsafePointer<UInt8>,
        count: Int, to target: UnsafeMutableRawPointer
    ) {
        for x in 0..<count {
            // All have `count` values.
            let mean = unsafe means[isMirrored ? count &- 1 &- x : x]
            let value = unsafe (Float(values[x]) - mean) * first + second
            unsafe target.storeBytes(of: value, toByteOffset: 4 &* x, as: Float.self)
        }
    }
}
