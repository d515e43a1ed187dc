import DataTypes
import Testing

@testable import Daemon

private let hash = String(repeating: "0123456789abcdef", count: 4)
private let tls = "tls: {certificate: /x/a.pem, key: /x/a.key"

@Suite("Tokens and TLS in the configuration") struct TokenConfigurationTests {
    @Test("a token's members are read, printed and read again")
    func members() throws {
        let loaded = try ConfigurationTests.load(
            """
            datasets: {d: {iterator: ImageRecordIter}}
            tokens:
              full: {sha256: \(hash), datasets: [d], memory: 8GiB, streams: 3}
              plain: {sha256: \(hash.uppercased().replacing("0", with: "1"))}
            """)
        let tokens = loaded.configuration.tokens
        #expect(tokens.keys.sorted() == ["full", "plain"])
        #expect(tokens["full"]?.digest.prefix(3) == [0x01, 0x23, 0x45])
        #expect(tokens["full"]?.datasets == ["d"])
        #expect(tokens["full"]?.memoryBytes == 8 << 30)
        #expect(tokens["full"]?.streams == 3)
        #expect(tokens["plain"]?.datasets == nil)
        let printed = ConfigurationPrinter.text(loaded.settings)
        let again = try ConfigurationTests.load(printed).configuration.tokens
        #expect(again.mapValues(\.digestText) == tokens.mapValues(\.digestText))
        #expect(again["full"]?.memoryBytes == 8 << 30)
    }

    @Test(
        "what is wrong with a token is said with its place, and never what may be the token itself",
        arguments: [
            ("tokens: 3", "h.yaml:1: 'tokens' must be a mapping of names to tokens"),
            ("tokens:\n  a: x", "h.yaml:2: token 'a' must be a mapping with 'sha256', which `headrace token` prints"),
            ("tokens:\n  a: {memory: 1GiB}", "h.yaml:2: token 'a' needs 'sha256', which `headrace token` prints"),
            (
                "tokens:\n  a: {sha256: hrt_secret}",
                "h.yaml:2: token 'a': 'sha256' must be 64 hexadecimal digits; `headrace token` prints them"
            ),
            (
                "tokens:\n  'a b': {sha256: \(hash)}",
                "h.yaml:2: a token's name is 1 to 128 letters, digits and . _ - /, the first a letter or digit"
            ),
            (
                "tokens:\n  a: {sha256: \(hash), stream: 3}",
                "h.yaml:2: token 'a': unknown key 'stream'; did you mean 'streams'?"
            ),
            (
                "tokens:\n  a: {sha256: \(hash), streams: 0}",
                "h.yaml:2: token 'a': 'streams' must be a whole number from 1 to 1000000"
            ),
            (
                "tokens:\n  a: {sha256: \(hash), datasets: d}",
                "h.yaml:2: token 'a': 'datasets' must be a list of the names of data sets"
            ),
            (
                "datasets: {train: {iterator: ImageRecordIter}}\ntokens:\n  a: {sha256: \(hash), datasets: [trian]}",
                "h.yaml:3: token 'a': there is no data set 'trian'; did you mean 'train'?"
            ),
            (
                "tokens:\n  a: {sha256: \(hash)}\n  b: {sha256: \(hash)}",
                "h.yaml:3: tokens 'a' and 'b' are the same; make a token for each"
            ),
            ("tokns: {}", "h.yaml:1: unknown key 'tokns'; did you mean 'tokens'?"),
        ])
    func problems(yaml: String, problem: String) throws {
        #expect(try ConfigurationTests.problems(yaml) == [problem])
    }

    @Test(
        "TCP is for clients that are known, and for nobody who listens on the way, unless that is meant",
        arguments: [
            ("", "", "nothing is encrypted"),
            ("", "tokens: {a: {sha256: \(hash)}}", "data and tokens would travel unencrypted"),
            ("\(tls)}", "", "whoever reaches this port can read all the data; name 'tokens'"),
            ("tls: {certificate: /x/a.pem}", "", "'listen.tcp.tls.certificate' needs 'listen.tcp.tls.key'"),
            ("tls: {key: /x/a.key}", "", "'listen.tcp.tls.key' needs 'listen.tcp.tls.certificate'"),
            ("\(tls)}", "tokens: {a: {sha256: \(hash)}}", nil), ("\(tls), client_ca: /x/c.pem}", "", nil),
            ("insecure: true", "", nil), ("insecure: true, \(tls)}", "", nil),
        ] as [(String, String, String?)])
    func network(tcp: String, tokens: String, problem: String?) throws {
        let found = try ConfigurationTests.problems("listen: {tcp: {host: h, \(tcp)}}\n\(tokens)")
        if let problem {
            #expect(found.count == 1)
            #expect(found.first?.contains(problem) == true, "\(found)")
        } else {
            #expect(found.isEmpty)
        }
    }

    @Test("a token opens what it names, as many streams as it says, and holds as much memory")
    func opening() async throws {
        let datasets = [
            DatasetConfiguration(name: "mine", iterator: "PatternIter", parameters: ["batch_size": .integer(4)]),
            DatasetConfiguration(name: "other", iterator: "PatternIter", parameters: ["batch_size": .integer(4)]),
        ]
        try await DatasetOpenerTests.withOpener(datasets: datasets) { opener, budget, _ in
            opener.change { rules in
                rules.tokens = [
                    "narrow": TokenConfiguration(name: "narrow", datasets: ["mine"], streams: 2),
                    "tight": TokenConfiguration(name: "tight", memoryBytes: 1),
                ]
            }
            func client(_ access: String) -> ClientIdentity {
                ClientIdentity(id: 1, processID: nil, userID: nil, peer: "10.0.0.7:1", software: "", access: access)
            }
            func code(_ request: OpenRequest, _ access: String) -> StreamError? {
                do throws(StreamError) {
                    try DatasetOpenerTests.open(opener, request, client: client(access)).close()
                    return nil
                } catch {
                    return error
                }
            }
            #expect(code(OpenRequest(dataset: "mine"), "narrow") == nil)
            #expect(code(OpenRequest(dataset: "other"), "narrow")?.code == .forbidden)
            // The same for a data set that is there and one that is not.
            #expect(code(OpenRequest(dataset: "nowhere"), "narrow")?.code == .forbidden)
            #expect(
                code(OpenRequest(iterator: "PatternIter", parameters: ["batch_size": .integer(2)]), "narrow")?.code
                    == .forbidden)
            #expect(code(OpenRequest(dataset: "mine"), "gone")?.code == .forbidden)
            let refusal = code(OpenRequest(dataset: "mine"), "tight")
            #expect(refusal?.code == .memoryLimit)
            #expect(refusal?.hint.contains("tokens.tight.memory") == true)

            let first = try DatasetOpenerTests.open(opener, OpenRequest(dataset: "mine"), client: client("narrow"))
            let second = try DatasetOpenerTests.open(opener, OpenRequest(dataset: "mine"), client: client("narrow"))
            let third = code(OpenRequest(dataset: "mine"), "narrow")
            #expect(third?.code == .overLimit && third?.isRetryable == true)
            #expect(third?.hint.contains("tokens.narrow.streams") == true)
            // A refused opening does not count.
            #expect(code(OpenRequest(dataset: "mine", token: "hr1.x"), "narrow") != nil)
            first.close()
            second.close()
            #expect(code(OpenRequest(dataset: "mine"), "narrow") == nil)

            // A limit that comes with a reload counts what is open.
            opener.change { $0.tokens["late"] = TokenConfiguration(name: "late") }
            let open = try DatasetOpenerTests.open(opener, OpenRequest(dataset: "mine"), client: client("late"))
            opener.change { $0.tokens["late"]?.streams = 1 }
            #expect(code(OpenRequest(dataset: "mine"), "late")?.code == .overLimit)
            open.close()
            #expect(code(OpenRequest(dataset: "mine"), "late") == nil)
            #expect(budget.usedBytes == 0)
        }
    }
}
