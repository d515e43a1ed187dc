import ArgumentParser
import Daemon
import DataTypes
import Server

/// `headrace token`: makes a token for a client. It is printed once and kept nowhere.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Makes a token for a client of the daemon's TCP socket.",
        discussion: "The client gets the token; the daemon's configuration gets its SHA-256, under 'tokens'.")

    @Argument(help: "The token's name in the configuration.") var name = "NAME"
    @Flag(help: "Print JSON.") var json = false

    private struct Result: Encodable {
        var name: String
        var token: String
        var sha256: String
    }

    func validate() throws {
        guard TokenConfiguration.isName(name) else {
            throw ValidationError(
                "'\(name)' is no name of the configuration: letters, digits and any of -._/ behind the first, 128 at most"
            )
        }
    }

    func run() async throws {
        let token = Self.make()
        let digest = hexadecimal(TokenDigest.of(token))
        if json {
            print(try jsonText(Result(name: name, token: token, sha256: digest)))
        } else {
            print("# For the client, as HEADRACE_TOKEN or token=…; it is not shown again:")
            print(token)
            print("# For the configuration of headraced:")
            print("tokens:\n  \(name):\n    sha256: \(digest)")
        }
    }

    /// 256 bits of the system's randomness, behind a mark by which people and scanners know what it is.
    static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return "hrt_" + hexadecimal((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }
}
