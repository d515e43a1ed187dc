package import DataTypes

/// A parameter's value. Literals do: `["batch_size": 128, "data_shape": [3, 224, 224], "shuffle": true]`.
public enum HeadraceValue: Sendable, Hashable {
    /// Nothing, which MXNet writes `None`.
    case null
    /// True or false.
    case bool(Bool)
    /// A whole number.
    case integer(Int)
    /// Any other number.
    case number(Double)
    /// Text, also of what MXNet would parse: `"(3,224,224)"`.
    case string(String)
    /// A shape or another list.
    case list([HeadraceValue])

    /// As it travels.
    package var wire: ParameterValue {
        switch self {
        case .null: .null
        case .bool(let flag): .bool(flag)
        case .integer(let number): .integer(number)
        case .number(let number): .number(number)
        case .string(let text): .string(text)
        case .list(let list): .list(list.map(\.wire))
        }
    }

    init(_ value: ParameterValue) {
        switch value {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .integer(let number): self = .integer(number)
        case .number(let number): self = .number(number)
        case .string(let text): self = .string(text)
        case .list(let list): self = .list(list.map(HeadraceValue.init))
        }
    }
}

extension HeadraceValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByNilLiteral
{
    /// `true`
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// `128`
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// `0.5`
    public init(floatLiteral value: Double) { self = .number(value) }
    /// `"train.rec"`
    public init(stringLiteral value: String) { self = .string(value) }
    /// `[3, 224, 224]`
    public init(arrayLiteral elements: HeadraceValue...) { self = .list(elements) }
    /// `nil`
    public init(nilLiteral: ()) { self = .null }
}
