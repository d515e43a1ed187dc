/// `bytes` as small hexadecimal digits, two each.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.lazy.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
