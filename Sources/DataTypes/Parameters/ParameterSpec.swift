/// One parameter of an iterator: what `--help`, validation, error messages and the documentation are made from.
package struct ParameterSpec: Sendable {
    /// The type a value must have. Text is accepted for every type and read as MXNet reads it (`"(3,224,224)"`, `"1"`).
    package enum Kind: Sendable, Hashable {
        case bool
        /// A whole number within the bounds, both included.
        case integer(ClosedRange<Int>)
        /// A whole number within the bounds, or nothing.
        case optionalInteger(ClosedRange<Int>)
        /// A count of bytes within the bounds, also as text with a unit: `2GiB`.
        case byteCount(ClosedRange<Int>)
        /// A finite number within the bounds, both included.
        case number(ClosedRange<Double>)
        /// A finite number within the bounds, or nothing.
        case optionalNumber(ClosedRange<Double>)
        case string
        /// One of the names given.
        case choice([String])
        /// Positive extents: exactly `rank` of them, or any positive count when nil.
        case shape(rank: Int?)
        /// A list of numbers; a bare number is a list of one.
        case numbers
        /// A list of whole numbers, in MXNet a string such as `"0,90,180"`.
        case integers
        /// Where arrays come from: text for one; a list for several, each text or a pair of a name and text.
        case arrays
        /// A value of any type, or lists of them within each other, as text such as `[["cat.jpg", 1], ["dog.jpg", 2]]`.
        /// What it must look like, the parameter's reader says.
        case structure
    }

    package var name: String
    package var kind: Kind
    /// nil: the parameter must be given.
    package var defaultValue: ParameterValue?
    /// One sentence: what it does and in which unit.
    package var summary: String

    package init(_ name: String, _ kind: Kind, default defaultValue: ParameterValue?, _ summary: String) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue
        self.summary = summary
    }
}
