/// Why the bytes of a file are no array that can be served.
enum ArrayFault: Error, Equatable, CustomStringConvertible {
    case notNumpy
    case unknownVersion(major: UInt8, minor: UInt8)
    case headerTooLong(byteCount: Int, limit: Int)
    case truncatedHeader
    case badHeader(String)
    case impossibleShape([Int])
    case unservedType(String)
    /// The data ends too early.
    case truncatedData(needed: Int, found: UInt64)
    case notZip
    case badZip(String)
    case tooManyArrays(count: Int, allowed: Int)
    /// It would have to be unpacked, or turned round, to a file of its own.
    case noRoom(byteCount: UInt64, left: UInt64)
    /// In Fortran order, with rows too few or too long to be turned round.
    case unturnable(byteCount: Int)

    var description: String {
        switch self {
        case .notNumpy: "does not begin as a .npy file does"
        case .unknownVersion(let major, let minor): "has version \(major).\(minor) of the .npy format; 1 to 3 are known"
        case .headerTooLong(let count, let limit): "claims a header of \(count) bytes; \(limit) are allowed"
        case .truncatedHeader: "ends inside its header"
        case .badHeader(let what): "has \(what) in its header"
        case .impossibleShape(let extents): "has the shape \(extents), which no array can have"
        case .unservedType(let what):
            "has elements of the type \(what); booleans, integers of 8 to 64 bits and floats of 16 to 64 bits can be served"
        case .truncatedData(let needed, let found): "has \(found) bytes of data; its shape asks for \(needed)"
        case .notZip: "does not end as an .npz file does"
        case .badZip(let what): "is a damaged .npz file: \(what)"
        case .tooManyArrays(let count, let allowed):
            "holds \(count) arrays; \(allowed) are allowed: name those that you want, as x.npz#name"
        case .noRoom(let count, let left):
            "has an array of \(count) bytes to be unpacked or turned round; a stream has room for "
                + "\(DataFile.maximumUnpackedBytes), of which \(left) are left"
        case .unturnable(let count):
            "has \(count) bytes in Fortran order, and rows too long to be turned round; save it in C order"
        }
    }
}
