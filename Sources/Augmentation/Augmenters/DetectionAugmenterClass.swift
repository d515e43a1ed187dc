/// MXNet's names of augmenters for images with objects, and what their constructors take.
enum DetectionAugmenterClass: String, CaseIterable {
    case borrow = "DetBorrowAug"
    case randomSelect = "DetRandomSelectAug"
    case horizontalFlip = "DetHorizontalFlipAug"
    case randomCrop = "DetRandomCropAug"
    case randomPad = "DetRandomPadAug"

    var arguments: [String] {
        switch self {
        case .borrow: ["augmenter"]
        case .randomSelect: ["aug_list", "skip_prob"]
        case .horizontalFlip: ["p"]
        case .randomCrop:
            ["min_object_covered", "aspect_ratio_range", "area_range", "min_eject_coverage", "max_attempts"]
        case .randomPad: ["aspect_ratio_range", "area_range", "max_attempts", "pad_val"]
        }
    }
}
