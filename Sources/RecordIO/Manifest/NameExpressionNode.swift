/// The structure of a `NameExpression`.
indirect enum NameExpressionNode {
    case set(CharacterSet)
    case sequence([NameExpressionNode])
    case alternatives([NameExpressionNode])
    /// `most` nil: any number.
    case repeated(NameExpressionNode, least: Int, most: Int?)

    /// The characters that one step takes.
    struct CharacterSet {
        var ranges: [ClosedRange<UnicodeScalar>]
        var isInverted = false

        static let any = CharacterSet(ranges: [], isInverted: true)

        func contains(_ scalar: UnicodeScalar) -> Bool { ranges.contains { $0.contains(scalar) } != isInverted }
    }
}
