import DataTypes
import Server
import Testing
import Wire

@Suite("Tokens") struct AccessTokensTests {
    static let tokens = AccessTokens([
        "a": TokenDigest.of("hrt_a"), "b": TokenDigest.of("hrt_b"),
    ])

    private func owner(
        _ token: String?, _ entrance: AccessTokens.Entrance, _ tokens: AccessTokens = tokens
    ) -> Result<String?, StreamError> {
        Result { () throws(StreamError) in try tokens.owner(of: token.map(AccessToken.init), entrance: entrance) }
    }

    @Test("the digest is the SHA-256 of the text")
    func digest() {
        #expect(
            hexadecimal(TokenDigest.of("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test("a token names its owner, over the network and on the machine", arguments: AccessTokens.Entrance.allCases)
    func known(entrance: AccessTokens.Entrance) throws {
        #expect(try owner("hrt_a", entrance).get() == "a")
        #expect(try owner("hrt_b", entrance).get() == "b")
    }

    @Test(
        "a wrong one is refused everywhere",
        arguments: [
            "", "hrt_", "hrt_A", "hrt_ab", " hrt_a", "hrt_a\n", String(repeating: "x", count: 1 << 20),
            hexadecimal(TokenDigest.of("hrt_a")),
        ], AccessTokens.Entrance.allCases)
    func wrong(token: String, entrance: AccessTokens.Entrance) {
        let error = #expect(throws: StreamError.self) { try owner(token, entrance).get() }
        #expect(error?.code == .forbidden)
        // Whoever reads the log does not learn what was shown.
        #expect(token.count < 4 || error.map { "\($0)" }?.contains(token) == false)
    }

    @Test("none is needed on the machine, and from the network when there are tokens, also beside a certificate")
    func missing() throws {
        #expect(try owner(nil, .local).get() == nil)
        #expect(throws: StreamError.self) { try owner(nil, .open).get() }
        #expect(throws: StreamError.self) { try owner(nil, .certificate).get() }
        for entrance in AccessTokens.Entrance.allCases {
            #expect(try owner(nil, entrance, AccessTokens()).get() == nil)
            #expect(try owner("hrt_a", entrance, AccessTokens()).get() == nil)
        }
    }

    @Test("without tokens, whoever shows nothing is let in only where that is meant")
    func strangers() throws {
        let tokens = AccessTokens(letsStrangersIn: false)
        #expect(try owner(nil, .local, tokens).get() == nil)
        #expect(try owner(nil, .certificate, tokens).get() == nil)
        let error = #expect(throws: StreamError.self) { try owner("hrt_a", .open, tokens).get() }
        #expect(error?.code == .forbidden)
        // As a reload does that takes the last token away.
        let emptied = AccessTokens(["a": TokenDigest.of("hrt_a")], letsStrangersIn: false)
        #expect(try owner("hrt_a", .open, emptied).get() == "a")
        emptied.replace(with: [:])
        #expect(throws: StreamError.self) { try owner("hrt_a", .open, emptied).get() }
    }

    @Test("those of a reload are in force at once")
    func replaced() throws {
        let tokens = AccessTokens(["a": TokenDigest.of("hrt_a")])
        tokens.replace(with: ["c": TokenDigest.of("hrt_c")])
        #expect(throws: StreamError.self) { try owner("hrt_a", .open, tokens).get() }
        #expect(try owner("hrt_c", .open, tokens).get() == "c")
    }

    @Test("a token is not seen when something that has it is printed")
    func hidden() {
        let hello = HelloMessage(major: 1, minor: 2, features: [], maxFrameBytes: 1, token: AccessToken("hrt_secret"))
        var dumped = ""
        dump(hello, to: &dumped)
        for text in ["\(hello)", String(reflecting: hello), dumped] { #expect(!text.contains("hrt_secret")) }
    }

    @Test("a server with tokens lets in whoever shows one over TCP, and tells others why not")
    func session() async throws {
        try await ServerFixture.with(configure: { $0.tokens = Self.tokens }) { fixture in
            func answer(_ address: String, _ member: String) throws -> (UInt8, String) {
                let client = try RawClient(address)
                defer { client.close() }
                try client.send(
                    1, stream: 0, "{\"major\":1,\"minor\":2,\"features\":[],\"max_frame\":1048576\(member)}")
                let frame = try client.receive()
                return (frame.type, String(decoding: frame.payload, as: UTF8.self))
            }
            #expect(try answer(fixture.tcp, ",\"token\":\"hrt_a\"").0 == 1)
            #expect(try answer(fixture.unix, "").0 == 1)
            for (address, member) in [
                (fixture.tcp, ""), (fixture.tcp, ",\"token\":\"hrt_x\""), (fixture.unix, ",\"token\":\"hrt_x\""),
            ] {
                let (type, text) = try answer(address, member)
                #expect(type != 1)
                #expect(text.contains("\"forbidden\"") && text.contains("\"connection\"") && !text.contains("hrt_x"))
            }
        }
    }
}
