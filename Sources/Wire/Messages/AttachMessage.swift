package import DataTypes

/// ATTACH: hand over an array, which an OPEN's parameters may then name as `array:NAME`.
package struct AttachMessage: Codable, Sendable, Hashable {
    /// How the elements come.
    package enum Way: String, Codable, Sendable {
        /// In DATA frames behind this message.
        case frames
        /// In a sealed memory file whose descriptor came over the side channel before this message.
        case descriptor
    }

    package var name: String
    /// As NumPy names it.
    package var dtype: String
    package var shape: [Int]
    /// `C`: the last axis lies together. There is no other.
    package var order: String?
    package var bytes: Int
    package var via: Way

    package init(name: String, shape: ArrayShape, via: Way) {
        self.name = name
        dtype = shape.elementType.rawValue
        self.shape = shape.extents
        order = "C"
        bytes = shape.byteCount
        self.via = via
    }

    /// Type and extents, once everything that the message says fits together.
    package func checked() throws(StreamError) -> ArrayShape {
        guard (1...WireLimits.arrayNameBytes).contains(name.utf8.count), name.utf8.allSatisfy(Self.isPlain) else {
            throw StreamError(
                .badRequest, "an array is called '\(name.prefix(80))'",
                hint: "1 to \(WireLimits.arrayNameBytes) letters, digits, '_', '-' and '.' are allowed")
        }
        guard let type = ElementType(rawValue: dtype) else {
            let names = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
            throw StreamError(
                .badRequest, "the array '\(name)' has elements of the type '\(dtype.prefix(40))'",
                hint: "there are \(names)")
        }
        guard order ?? "C" == "C" else {
            throw StreamError(
                .badRequest, "the array '\(name)' has the order '\(order!.prefix(20))'", hint: "only 'C' is taken")
        }
        guard let checked = ArrayShape(elementType: type, extents: shape) else {
            throw StreamError(.badRequest, "the array '\(name)' has the shape \(shape), which no array can have")
        }
        guard checked.byteCount == bytes else {
            throw StreamError(
                .badRequest,
                "the array '\(name)' has \(bytes) bytes; \(shape) of \(dtype) takes \(checked.byteCount)")
        }
        return checked
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

/// ATTACHED: the array is there.
package struct AttachedMessage: Codable, Sendable, Hashable {
    package var name: String

    package init(name: String) { self.name = name }
}
