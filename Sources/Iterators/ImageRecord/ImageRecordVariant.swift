import Augmentation
import DataTypes

/// The iterators of the ImageRecord family: one engine with different defaults.
///
/// Names and differences follow MXNet 1.9.1 `src/io/iter_image_recordio_2.cc` (`ImageRecordIter` and the deprecated
/// `UInt8` and `Int8` names) and `src/io/iter_image_recordio.cc` (`_v1`).
enum ImageRecordVariant: String, CaseIterable, Sendable {
    case float = "ImageRecordIter"
    case uint8 = "ImageRecordUInt8Iter"
    case int8 = "ImageRecordInt8Iter"
    case floatV1 = "ImageRecordIter_v1"
    case uint8V1 = "ImageRecordUInt8Iter_v1"

    /// Formula of the last step.
    var formula: Normalisation.Formula { self == .floatV1 ? .version1 : .version2 }

    /// What `dtype` stands for when it is not given. The names with a type in them have only that one.
    var defaultElementType: ElementType {
        switch self {
        case .float, .floatV1: .float32
        case .uint8, .uint8V1: .uint8
        case .int8: .int8
        }
    }

    var hasFixedElementType: Bool { self != .float && self != .floatV1 }

    private var summary: String {
        switch self {
        case .float: "Images from RecordIO files, decoded, augmented and normalised."
        case .uint8: "Images from RecordIO files as bytes, decoded and augmented."
        case .int8: "Images from RecordIO files as signed bytes, decoded, augmented, with the mean subtracted."
        case .floatV1: "ImageRecordIter with the arithmetic of MXNet's first version."
        case .uint8V1: "ImageRecordUInt8Iter under the name of MXNet's first version."
        }
    }

    /// This iterator's line in the catalog.
    var kind: IteratorKind {
        IteratorKind(
            name: rawValue, summary: summary, specs: ImageRecordParameters.specs,
            pathParameters: RecordImageParameters.pathParameters,
            pathListParameters: RecordImageParameters.pathListParameters
        ) { values, context throws(StreamError) in
            try ImageRecordSource(variant: self, values: values, context: context)
        }
    }
}
