import ImageCodec

/// Why a picture cannot be packed.
enum PictureFault: Error, Equatable, CustomStringConvertible {
    /// A system call failed; `code` is errno.
    case unreadable(code: Int32)
    case notARegularFile
    /// More bytes than a record can hold.
    case tooLarge(byteCount: Int)
    case image(ImageError)
    /// The size that `--resize` would give it.
    case impossibleSize(width: Int, height: Int)

    var description: String {
        switch self {
        case .unreadable(let code): "cannot be read: \(systemText(code))"
        case .notARegularFile: "is not a regular file"
        case .tooLarge(let byteCount): "has \(byteCount) bytes, more than a record can hold"
        case .image(let error): "\(error)"
        case .impossibleSize(let width, let height): "would have \(width)×\(height) pixels after --resize"
        }
    }
}
