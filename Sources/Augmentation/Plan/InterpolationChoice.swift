internal import DataTypes

/// How `inter_method` chooses the kernel of one resize.
package enum InterpolationChoice: Sendable, Hashable {
    case fixed(Interpolation)
    /// 9: cubic when both sides grow, area when both shrink, else linear.
    case bySize
    /// 10: each of the five kernels with the same chance.
    case random

    /// nil when MXNet has no such `inter_method`.
    init?(interMethod: Int) {
        switch interMethod {
        case 9: self = .bySize
        case 10: self = .random
        default:
            guard let kernel = Interpolation(rawValue: interMethod) else { return nil }
            self = .fixed(kernel)
        }
    }

    /// The kernel for one resize. Only `.random` draws: one number, also when no resize follows.
    func choose(
        from source: (width: Int, height: Int), to target: (width: Int, height: Int), random: inout KeyedRandom
    ) -> Interpolation {
        switch self {
        case .fixed(let kernel): return kernel
        case .bySize:
            if target.width > source.width && target.height > source.height { return .cubic }
            if target.width < source.width && target.height < source.height { return .area }
            return .linear
        case .random: return Interpolation(rawValue: random.integer(0, 4)) ?? .linear
        }
    }
}
