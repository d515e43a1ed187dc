/// MXNet's names of augmenters, and what their constructors take.
enum AugmenterClass: String, CaseIterable {
    case resize = "ResizeAug"
    case forceResize = "ForceResizeAug"
    case centerCrop = "CenterCropAug"
    case randomCrop = "RandomCropAug"
    case randomSizedCrop = "RandomSizedCropAug"
    case horizontalFlip = "HorizontalFlipAug"
    case cast = "CastAug"
    case randomOrder = "RandomOrderAug"
    case sequential = "SequentialAug"
    case brightnessJitter = "BrightnessJitterAug"
    case contrastJitter = "ContrastJitterAug"
    case saturationJitter = "SaturationJitterAug"
    case colourJitter = "ColorJitterAug"
    case hueJitter = "HueJitterAug"
    case lighting = "LightingAug"
    case colourNormalise = "ColorNormalizeAug"
    case randomGray = "RandomGrayAug"

    var arguments: [String] {
        switch self {
        case .resize, .forceResize, .centerCrop, .randomCrop: ["size", "interp"]
        case .randomSizedCrop: ["size", "area", "ratio", "interp"]
        case .horizontalFlip, .randomGray: ["p"]
        case .cast: ["typ"]
        case .randomOrder, .sequential: ["ts"]
        case .brightnessJitter: ["brightness"]
        case .contrastJitter: ["contrast"]
        case .saturationJitter: ["saturation"]
        case .colourJitter: ["brightness", "contrast", "saturation"]
        case .hueJitter: ["hue"]
        case .lighting: ["alphastd", "eigval", "eigvec"]
        case .colourNormalise: ["mean", "std"]
        }
    }
}
