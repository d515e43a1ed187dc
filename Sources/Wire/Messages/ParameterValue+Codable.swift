package import DataTypes

/// Parameter values travel as the JSON values they are.
extension ParameterValue: Codable {
    package init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        // Every wrong guess makes an error, which costs microseconds, and a list may have half a million entries: what
        // long lists are made of comes first.
        if value.decodeNil() {
            self = .null
        } else if let number = try? value.decode(Double.self) {
            // Whole numbers keep the digits that a Double has no room for.
            let whole = number == number.rounded() ? (try? value.decode(Int.self)) : nil
            self = whole.map { .integer($0) } ?? .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .string(text)
        } else if let list = try? value.decode([ParameterValue].self) {
            self = .list(list)
        } else if let flag = try? value.decode(Bool.self) {
            self = .bool(flag)
        } else {
            throw DecodingError.dataCorruptedError(
                in: value, debugDescription: "a parameter is null, true, false, a number, text or a list of these")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .bool(let flag): try value.encode(flag)
        case .integer(let number): try value.encode(number)
        case .number(let number): try value.encode(number)
        case .string(let text): try value.encode(text)
        case .list(let list): try value.encode(list)
        }
    }
}
