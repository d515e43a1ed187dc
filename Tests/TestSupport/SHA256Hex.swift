import Crypto
import DataTypes

/// The SHA-256 of an array of which the reference set keeps only the hash, in hexadecimal digits.
package func sha256Hex(_ message: [UInt8]) -> String { hexadecimal(SHA256.hash(data: message)) }
