/// Where one array of a parameter comes from, and what its user calls it.
package struct ArrayReference: Sendable, Hashable {
    /// nil: it is named by its place.
    package var name: String?
    /// A file, or `array:` and the name of an array that the client handed over.
    package var text: String

    package init(name: String?, text: String) {
        self.name = name
        self.text = text
    }

    /// How the text of an array that was handed over begins.
    package static let handedOver = "array:"

    /// The arrays that a parameter's value names: text for one; a list for several, each text or a pair of a name and text.
    ///
    /// - Returns: nil when the value is anything else.
    package static func list(_ value: ParameterValue) -> [ArrayReference]? {
        switch value {
        case .string(let text): return [ArrayReference(name: nil, text: text)]
        case .list(let elements):
            var references: [ArrayReference] = []
            for element in elements {
                switch element {
                case .string(let text): references.append(ArrayReference(name: nil, text: text))
                case .list(let pair):
                    guard pair.count == 2, case .string(let name) = pair[0], case .string(let text) = pair[1] else {
                        return nil
                    }
                    references.append(ArrayReference(name: name, text: text))
                default: return nil
                }
            }
            return references
        default: return nil
        }
    }
}
