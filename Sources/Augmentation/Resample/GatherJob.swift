/// Collects the taps of a source row, one plane a tap, each in the order of the result row.
struct GatherJob {
    let taps: Int
    /// Target pixels a row.
    let width: Int
    let channels: Int
    /// Bytes from one plane to the next: at least `width·channels + 4`.
    let planeStride: Int
    /// Leading target pixels whose taps all have four readable bytes.
    let safeCount: Int

    /// - Parameters:
    ///   - line: a source row; every offset and the pixel there lie in it.
    ///   - offsets: `taps` runs of `width` byte offsets.
    @unsafe
    func gather(_ line: UnsafePointer<UInt8>, offsets: [Int32], planes: inout [UInt8]) {
        precondition(offsets.count >= taps * width && planes.count >= taps * planeStride)
        precondition(planeStride >= width * channels + 4 && safeCount <= width)
        unsafe offsets.withUnsafeBufferPointer { offsets in
            unsafe planes.withUnsafeMutableBufferPointer { planes in
                for tap in 0..<taps {
                    // In bounds by the checks above and by the promise about `line`.
                    let run = unsafe offsets.baseAddress.unsafelyUnwrapped + tap * width
                    let plane = unsafe planes.baseAddress.unsafelyUnwrapped + tap * planeStride
                    if channels == 1 {
                        for x in 0..<width { unsafe plane[x] = line[Int(run[x])] }
                        continue
                    }
                    var target = UnsafeMutableRawPointer(plane)
                    for x in 0..<safeCount {
                        let pixel = unsafe UnsafeRawPointer(line + Int(run[x])).loadUnaligned(as: UInt32.self)
                        // With three channels the fourth byte is overwritten by the next pixel.
                        unsafe target.storeBytes(of: pixel, as: UInt32.self)
                        unsafe target += channels
                    }
                    for x in safeCount..<width {
                        for channel in 0..<channels {
                            unsafe plane[x &* channels &+ channel] = line[Int(run[x]) &+ channel]
                        }
                    }
                }
            }
        }
    }
}
