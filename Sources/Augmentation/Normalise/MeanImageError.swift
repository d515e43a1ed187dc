/// Why a mean image cannot be used.
package enum MeanImageError: Error, Equatable, CustomStringConvertible {
    /// Not a list of one float array, at this byte.
    case malformed(path: String, reason: String, offset: Int)
    /// The array's shape is not `data_shape`.
    case shapeMismatch(path: String, found: [Int], expected: [Int])

    package var description: String {
        switch self {
        case .malformed(let path, let reason, let offset):
            "mean_img '\(path)' is not a file with one float array: \(reason) at byte \(offset)"
        case .shapeMismatch(let path, let found, let expected):
            "mean_img '\(path)' has the shape \(found) and data_shape is \(expected); make it anew for this data_shape"
        }
    }
}
