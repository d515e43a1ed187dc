import ArgumentParser
import Augmentation

/// The names of the resize kernels.
enum ResizeFilter: String, ExpressibleByArgument, CaseIterable {
    case nearest, linear, cubic, area, lanczos

    var interpolation: Interpolation {
        switch self {
        case .nearest: .nearest
        case .linear: .linear
        case .cubic: .cubic
        case .area: .area
        case .lanczos: .lanczos4
        }
    }
}
