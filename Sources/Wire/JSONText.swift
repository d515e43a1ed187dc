/// Writes JSON by hand, for the descriptor table that is made for every batch.
struct JSONText {
    private(set) var bytes: [UInt8] = []

    /// Structure and other text that needs no escaping.
    mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func number(_ value: Int) { raw(String(value)) }

    /// A text in quotation marks.
    mutating func text(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: raw("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A list of texts, itself as text.
    static func list(_ values: [String]) -> String {
        var json = JSONText()
        json.raw("[")
        for (position, value) in values.enumerated() {
            if position > 0 { json.raw(",") }
            json.text(value)
        }
        json.raw("]")
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// An object of texts, itself as text.
    static func object(_ members: [(String, String)]) -> String {
        var json = JSONText()
        json.raw("{")
        for (position, member) in members.enumerated() {
            if position > 0 { json.raw(",") }
            json.text(member.0)
            json.raw(":")
            json.text(member.1)
        }
        json.raw("}")
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
