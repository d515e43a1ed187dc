import Testing
import Transport

@Suite("Endpoint")
struct EndpointTests {
    @Test(
        "good ones are read, and written in one form",
        arguments: [
            ("unix:/run/headrace/data.sock", "unix:/run/headrace/data.sock"),
            ("unix:///run/x", "unix:/run/x"),
            ("tcp://10.0.0.1:80", "tcp://10.0.0.1:80"),
            ("tcp://loader.example", "tcp://loader.example:9347"),
            ("tcp://loader.example/", "tcp://loader.example:9347"),
            ("tcp://[::1]:5", "tcp://[::1]:5"),
            ("tcp://[fe80::1]", "tcp://[fe80::1]:9347"),
            ("tcp://x:0", "tcp://x:0"), ("tls://loader.example", "tls://loader.example:9347"),
            ("tls://[::1]:5", "tls://[::1]:5"),
        ])
    func good(text: String, form: String) throws {
        #expect(try Endpoint(text).description == form)
        #expect(try Endpoint(form) == Endpoint(text))
    }

    @Test(
        "what can be read on the way",
        arguments: [
            ("unix:/run/x", false), ("tls://loader.example", false), ("tcp://localhost", false),
            ("tcp://127.0.0.1:5", false), ("tcp://127.1.2.3", false), ("tcp://[::1]", false),
            ("tcp://loader.example", true), ("tcp://10.0.0.1", true), ("tcp://127.0.0.1.example", true),
            ("tcp://[fe80::1]", true),
        ])
    func exposed(text: String, expected: Bool) throws {
        #expect(try Endpoint(text).isExposed == expected)
    }

    @Test(
        "bad ones are refused with what to write instead",
        arguments: [
            ("", "unix:/path, tcp://"), ("/run/x", "unix:/path, tcp://"), ("http://x", "unix:/path, tcp://"),
            ("tls://", "no usable host"), ("tls://h:99999", "not a port"), ("unix:x", "start with /"),
            ("unix:", "start with /"),
            ("unix:/" + String(repeating: "x", count: 107), "107"),
            ("tcp://", "no usable host"), ("tcp://:80", "no usable host"), ("tcp://a b:80", "no usable host"),
            ("tcp://[::1", "no usable host"), ("tcp://[::1]x", "no usable host"), ("tcp://user@host", "no usable host"),
            ("tcp://::1:80", "brackets"), ("tcp://x:", "not a port"), ("tcp://x:65536", "not a port"),
            ("tcp://x:-1", "not a port"), ("tcp://x:+80", "not a port"), ("tcp://x:8o", "not a port"),
            ("tcp://x:00000080", "not a port"),
        ])
    func bad(text: String, hint: String) {
        let error = #expect(throws: EndpointError.self) { try Endpoint(text) }
        #expect(error?.description.contains(hint) == true)
    }

    @Test("a path with a zero byte, where the system would end it, is refused")
    func zeroByte() {
        #expect(throws: EndpointError.self) { try Endpoint("unix:/a\u{0}b") }
    }
}
