internal import Glibc

/// Weights of the interpolating kernels for a fraction `t` in 0 ..< 1 behind the middle tap's position.
///
/// Shared by resizing and warping. Every operation rounds to `Float` where the reference's does.
extension AxisTable {
    static func linearWeights(_ t: Float) -> [2 of Float] { [1 - t, t] }

    /// Taps at −1, 0, 1, 2 (Keys' cubic with A = −0.75).
    static func cubicWeights(_ t: Float) -> [4 of Float] {
        let a: Float = -0.75
        let c0 = ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a
        let c1 = ((a + 2) * t - (a + 3)) * t * t + 1
        let u = 1 - t
        let c2 = ((a + 2) * u - (a + 3)) * u * u + 1
        return [c0, c1, c2, 1 - c0 - c1 - c2]
    }

    /// Taps at −3 … 4 (windowed sinc over eight taps).
    static func lanczosWeights(_ t: Float) -> [8 of Float] {
        var result: [8 of Float] = [0, 0, 0, 1, 0, 0, 0, 0]
        // At the bound itself t + 3 rounds to 3, and a weight would be 0 / 0.
        if t <= Float.ulpOfOne { return result }
        // sin and cos of (t + 3 − k)·π/4 from those of (t + 3)·π/4, by the angle of k eighths of a turn.
        let q = 0.5.squareRoot()
        let rotations: [8 of [2 of Double]] = [
            [1, 0], [-q, -q], [0, 1], [q, -q], [-1, 0], [q, q], [0, -1], [-q, q],
        ]
        let y0 = -Double(t + 3) * Double.pi * 0.25
        let (sine, cosine) = (sin(y0), cos(y0))
        var sum: Float = 0
        for k in result.indices {
            let y = -Double(t + 3 - Float(k)) * Double.pi * 0.25
            result[k] = Float((rotations[k][0] * sine + rotations[k][1] * cosine) / (y * y))
            sum += result[k]
        }
        let factor = 1 / sum
        for k in result.indices { result[k] *= factor }
        return result
    }
}
