internal import DataTypes

/// The value of one key, typed. Its text reads back as the same value.
package enum ConfigurationValue: Sendable, Hashable {
    /// Left to the daemon: worked out from the machine, or off.
    case automatic
    case text(String)
    case flag(Bool)
    case integer(Int)
    case bytes(Int)
    case duration(Duration)
    /// File mode bits.
    case mode(UInt32)
    case list([String])

    /// The value as the file would have it, without quotes; nil when it is `automatic`.
    package var text: String? {
        switch self {
        case .automatic: nil
        case .text(let text): text
        case .flag(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .bytes(let count): ByteCount.text(count)
        case .duration(let duration): DurationText.text(duration)
        case .mode(let bits): "0" + String(bits, radix: 8)
        case .list(let items): items.joined(separator: ":")
        }
    }
}
