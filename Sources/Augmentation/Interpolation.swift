/// A resize kernel, numbered as OpenCV numbers them.
package enum Interpolation: Int, Sendable, Hashable, CaseIterable {
    case nearest = 0, linear, cubic, area, lanczos4
}
