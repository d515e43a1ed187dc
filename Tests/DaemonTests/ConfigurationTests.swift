import DataTypes
import Foundation
import TestSupport
import Testing

@testable import Daemon

@Suite("Configuration") struct ConfigurationTests {
    static func surroundings(_ environment: [String: String] = [:]) -> Surroundings {
        Surroundings(
            environment: environment.merging(["XDG_RUNTIME_DIR": "/run/user/7", "HOME": "/home/u"]) { mine, _ in mine },
            userID: 7, coreCount: 6, memoryBytes: 16 << 30, hasSystemRunDirectory: false)
    }

    static func load(_ yaml: String, environment: [String: String] = [:]) throws -> ConfigurationLoader.Loaded {
        let folder = try TemporaryFolder()
        let file = try folder.write(yaml, to: "h.yaml")
        return try ConfigurationLoader(file: file, surroundings: surroundings(environment)).load()
    }

    /// The problems of `yaml`, without the folder's name.
    static func problems(_ yaml: String, environment: [String: String] = [:]) throws -> [String] {
        let folder = try TemporaryFolder()
        let file = try folder.write(yaml, to: "h.yaml")
        do {
            _ = try ConfigurationLoader(file: file, surroundings: surroundings(environment)).load()
            return []
        } catch {
            return error.problems.map { $0.description.replacing(folder.path + "/", with: "") }
        }
    }

    /// A value for every key that is not its default, as YAML text.
    static let samples: [String: String] = [
        "listen.unix.path": "/x/data.sock", "listen.unix.mode": "0660", "listen.unix.group": "trainers",
        "listen.unix.shared_memory": "false",
        "listen.tcp.host": "10.0.0.7", "listen.tcp.port": "1234", "listen.tcp.insecure": "true",
        "listen.tcp.tls.certificate": "/x/a.pem", "listen.tcp.tls.key": "/x/a.key",
        "listen.tcp.tls.client_ca": "/x/b.pem",
        "admin.path": "/x/admin.sock", "admin.mode": "0620", "admin.group": "admins",
        "admin.readers": "readers", "http.host": "\"::1\"", "http.port": "81",
        "threads": "3", "max_threads": "5", "readers": "9", "limits.memory": "3GiB",
        "limits.memory_per_client": "1500MiB",
        "limits.cache": "700MiB", "limits.cache_disk": "1GiB", "cache_directory": "/x/cache",
        "limits.connections": "5", "limits.connections_per_client": "4", "limits.streams": "3",
        "limits.connects_per_second": "7", "limits.connects_per_second_per_client": "6",
        "limits.streams_per_client": "2",
        "limits.decode_share_per_client": "50", "timeouts.decode_stall": "2m",
        "limits.max_pixels": "1000", "limits.max_record": "12345", "limits.max_frame": "1MB",
        "limits.max_arrays": "0B",
        "timeouts.handshake": "3", "timeouts.idle": "90m", "timeouts.write_stall": "1500ms", "timeouts.drain": "1h",
        "state_directory": "/var/x", "roots": "[/data, \"/with \\\"quotes\\\"\"]", "log.level": "debug",
        "log.format": "json",
    ]

    static func yaml(_ path: String, _ text: String) -> String {
        let names = path.split(separator: ".")
        return names.enumerated().map { depth, name in
            String(repeating: "  ", count: depth) + name + ":" + (depth == names.count - 1 ? " \(text)\n" : "\n")
        }.joined()
    }

    @Test(
        "the control group's quota counts in cores, rounded up",
        arguments: [
            ("150000 100000", 2), ("100000 100000", 1), ("50000 100000", 1), ("max 100000", nil), ("", nil),
            ("-1 100000", nil), ("1 0", nil), ("6400000 100000", 64),
        ] as [(String, Int?)])
    func quota(text: String, cores: Int?) {
        #expect(Surroundings.cores(ofQuota: text) == cores)
    }

    @Test(
        "every key is read from a file, keeps its origin, and comes out of --print-config as it went in",
        arguments: ConfigurationCatalog.keys.map(\.path))
    func everyKey(path: String) throws {
        let sample = try #require(Self.samples[path], "give the new key a sample")
        // The keys that this one needs beside it.
        var yaml = Self.yaml(path, sample)
        if path == "listen.tcp.host" { yaml += "    insecure: true\n" }
        if ["limits.memory_per_client", "limits.cache"].contains(path) { yaml += "  memory: 8GiB\n" }
        let loaded = try Self.load(yaml)
        let origin = loaded.settings.origin(path)
        guard case .file(let file, let line) = origin else {
            Issue.record("\(path) comes from \(origin)")
            return
        }
        #expect(file.hasSuffix("/h.yaml"))
        #expect(line == path.split(separator: ".").count)
        #expect(loaded.settings.value(path) != ConfigurationSettings().value(path))
        let printed = ConfigurationPrinter.text(loaded.settings)
        #expect(printed.contains("# \(origin)"))
        #expect(try Self.load(printed).configuration == loaded.configuration)
    }

    @Test("every key can be set by the variable that its path spells", arguments: ConfigurationCatalog.keys.map(\.path))
    func everyVariable(path: String) throws {
        let key = try #require(ConfigurationCatalog.byPath[path])
        let sample = try #require(Self.samples[path]).replacing("\"::1\"", with: "::1")
        let text = key.kind == .paths ? "/data:/more" : sample
        var environment = [key.environmentVariable: text]
        if path == "listen.tcp.host" { environment["HEADRACE_LISTEN_TCP_INSECURE"] = "1" }
        if ["limits.memory_per_client", "limits.cache"].contains(path) {
            environment["HEADRACE_LIMITS_MEMORY"] = "8GiB"
        }
        let loaded = try Self.load(Self.yaml(path, "null"), environment: environment)
        #expect(loaded.settings.origin(path) == .environment(variable: key.environmentVariable))
        guard case .success(let expected) = key.kind.parse(text) else {
            Issue.record("\(text) is no \(path)")
            return
        }
        #expect(loaded.settings.value(path) == expected)
    }

    @Test("variables are named after the key path")
    func variableName() {
        #expect(
            ConfigurationCatalog.byPath["limits.memory_per_client"]?.environmentVariable
                == "HEADRACE_LIMITS_MEMORY_PER_CLIENT")
    }

    @Test("no two keys share a variable")
    func variablesAreUnique() {
        #expect(Set(ConfigurationCatalog.keys.map(\.environmentVariable)).count == ConfigurationCatalog.keys.count)
    }

    @Test("defaults come from the machine, and automatic values keep their origin")
    func defaults() throws {
        let loaded = try ConfigurationLoader(surroundings: Self.surroundings()).load()
        let configuration = loaded.configuration
        #expect(configuration.unix.path == "/run/user/7/headrace/data.sock")
        #expect(configuration.unix.mode == 0o600)
        #expect(configuration.admin?.path == "/run/user/7/headrace/admin.sock")
        #expect(configuration.threadCount == 6)
        #expect(configuration.limits.memoryBytes == 4 << 30)
        #expect(configuration.limits.memoryBytesPerClient == 4 << 30)
        #expect(configuration.stateDirectory == "/home/u/.local/state/headrace")
        #expect(configuration.tcp == nil && configuration.http == nil && configuration.timeouts.idle == nil)
        #expect(configuration.paths == .everything)
        #expect(loaded.settings.origin("threads") == .builtIn)
    }

    @Test(
        "without a file every path is allowed only while nobody else can connect",
        arguments: [
            (["HEADRACE_LISTEN_UNIX_MODE": "0660"], DaemonConfiguration.PathRule.beneath([])),
            (["HEADRACE_LISTEN_TCP_HOST": "h", "HEADRACE_LISTEN_TCP_INSECURE": "true"], .beneath([])),
            (["HEADRACE_ROOTS": "/a:/b"], .beneath(["/a", "/b"])),
            (["HEADRACE_THREADS": "2"], .everything),
        ])
    func closed(environment: [String: String], expected: DaemonConfiguration.PathRule) throws {
        let loaded = try ConfigurationLoader(surroundings: Self.surroundings(environment)).load()
        #expect(loaded.configuration.paths == expected)
    }

    @Test("a file without roots allows no path of a client's own")
    func fileWithoutRoots() throws {
        #expect(try Self.load("threads: 1\n").configuration.paths == .beneath([]))
    }

    @Test("a private daemon has one socket, and options win over the environment")
    func privateMode() throws {
        let loaded = try ConfigurationLoader(
            isPrivate: true, overrides: [("listen.unix.path", "/t/s.sock", "--socket")],
            surroundings: Self.surroundings(["HEADRACE_LISTEN_UNIX_PATH": "/other"])
        ).load()
        #expect(loaded.configuration.unix.path == "/t/s.sock")
        #expect(loaded.configuration.admin == nil)
        #expect(loaded.configuration.paths == .everything)
        #expect(loaded.settings.origin("listen.unix.path").description == "--socket")
    }

    @Test(
        "sockets go where systemd, the user's session or the system keeps them",
        arguments: [
            (["RUNTIME_DIRECTORY": "/run/a:/run/b"], true, "/run/a"),
            (["XDG_RUNTIME_DIR": "/run/user/9"], true, "/run/user/9/headrace"),
            ([:], true, "/run/headrace"),
            ([:], false, "/tmp/headrace-7"),
            (["XDG_RUNTIME_DIR": "relative"], false, "/tmp/headrace-7"),
        ] as [([String: String], Bool, String)])
    func runDirectory(environment: [String: String], hasSystem: Bool, expected: String) {
        let surroundings = Surroundings(
            environment: environment, userID: 7, coreCount: 1, memoryBytes: 1, hasSystemRunDirectory: hasSystem)
        #expect(surroundings.runDirectory == expected)
    }

    @Test("conf.d is read behind the file in the order of names, key by key, data sets whole; variables win")
    func mergeOrder() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            """
            threads: 1
            readers: 1
            limits: {connections: 1, streams: 1}
            datasets:
              a: {iterator: CSVIter, batch_size: 1, shuffle: true}
              b: {iterator: CSVIter}
            """, to: "h.yaml")
        try folder.write("readers: 10\nlimits: {connections: 10}\n", to: "conf.d/10.yaml")
        try folder.write("readers: 9\ndatasets:\n  a: {iterator: MNISTIter}\n", to: "conf.d/9.yaml")
        try folder.write("readers: 77\n", to: "conf.d/99.yaml.disabled")
        try folder.write("readers: 78\n", to: "conf.d/.hidden.yaml")
        let loader = ConfigurationLoader(
            file: file, surroundings: Self.surroundings(["HEADRACE_LIMITS_STREAMS": "5"]))
        let loaded = try loader.load()
        #expect(loaded.configuration.threadCount == 1)
        #expect(loaded.configuration.readerCount == 9)
        #expect(loaded.settings.origin("readers") == .file(path: folder.path + "/conf.d/9.yaml", line: 1))
        #expect(loaded.configuration.limits.connections == 10)
        #expect(loaded.configuration.limits.streams == 5)
        #expect(loaded.configuration.datasets["a"]?.iterator == "MNISTIter")
        #expect(loaded.configuration.datasets["a"]?.parameters == [:])
        #expect(loaded.configuration.datasets["b"]?.iterator == "CSVIter")
    }

    @Test(
        "a problem names its line and what to do",
        arguments: [
            ("threads: 1\n\nlimts:\n  memory: 1GiB\n", "h.yaml:3: unknown key 'limts'; did you mean 'limits'?"),
            ("limits:\n  memroy: 1GiB\n", "h.yaml:2: unknown key 'limits.memroy'; did you mean 'limits.memory'?"),
            ("memory: 1GiB\n", "h.yaml:1: unknown key 'memory'; did you mean 'limits.memory'?"),
            ("dataset: {}\n", "h.yaml:1: unknown key 'dataset'; did you mean 'datasets'?"),
            ("zzz: 1\n", "h.yaml:1: unknown key 'zzz'"),
            ("threads: many\n", "h.yaml:1: 'threads' is 'many'; it must be auto, or a whole number from 1 to 1024"),
            (
                "limits:\n  memory: 5 parsecs\n",
                "h.yaml:2: 'limits.memory' is '5 parsecs'; it must be auto, or a size from 1MiB to 1024TiB, such as 512MiB"
            ),
            (
                "timeouts:\n  drain: soon\n",
                "h.yaml:2: 'timeouts.drain' is 'soon'; it must be a time from 0s to 1d, such as 30s"
            ),
            (
                "log: {level: warn}\n",
                "h.yaml:1: 'log.level' is 'warn'; it must be one of trace, debug, info, notice, warning, error, critical "
                    + "(did you mean 'warning'?)"
            ),
            (
                "listen:\n  unix:\n    mode: 0999\n",
                "h.yaml:3: 'listen.unix.mode' is '0999'; it must be octal permission bits, such as 0660"
            ),
            (
                "roots: /data\n",
                "h.yaml:1: 'roots' is '/data'; it must be a list of absolute paths, a line '- /path' each"
            ),
            ("roots: [data]\n", "h.yaml:1: 'roots' must be a list of absolute paths"),
            ("threads: [1]\n", "h.yaml:1: 'threads' must be a single value, not a list"),
            ("threads: {a: 1}\n", "h.yaml:1: 'threads' must be a value, not further keys"),
            ("limits: 3\n", "h.yaml:1: 'limits' must be a mapping of keys to values"),
            ("- a\n", "h.yaml:1: the file must be a mapping of keys to values"),
            ("threads: 1\nthreads: 2\n", "h.yaml:1: the key 'threads' is given twice"),
            ("threads: 1\n  bad\n: {", "h.yaml:3: did not find expected key"),
            ("listen:\n  tcp:\n    host: 0.0.0.0\n", "h.yaml:3: 'listen.tcp.host' is '0.0.0.0', but whoever reaches"),
            ("limits: {memory: 1GiB, memory_per_client: 2GiB}\n", "h.yaml:1: 'limits.memory_per_client' is more than"),
            ("limits: {memory: 1GiB, cache: 2GiB}\n", "h.yaml:1: 'limits.cache' is more than"),
            ("admin:\n  path: /run/user/7/headrace/data.sock\n", "h.yaml:2: 'admin.path' and 'listen.unix.path' are"),
            ("admin:\n  path: /\(String(repeating: "p", count: 107))\n", "h.yaml:2: 'admin.path' is 108 bytes long"),
            ("datasets:\n  a: {batch_size: 3}\n", "h.yaml:2: data set 'a' needs 'iterator'"),
            ("datasets:\n  a b: {iterator: x}\n", "h.yaml:2: a data set's name is"),
            ("datasets:\n  a:\n    iterator: x\n    p: {q: 1}\n", "h.yaml:4: data set 'a': 'p' must be a value or"),
            ("datasets:\n  a:\n    iterator: x\n    locked: p\n", "h.yaml:4: data set 'a': 'locked' must be a list"),
        ])
    func problemText(yaml: String, expected: String) throws {
        let found = try Self.problems(yaml)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(expected) == true, "\(found)")
    }

    @Test("all problems are found at once, of the file and of the environment")
    func allProblems() throws {
        let found = try Self.problems(
            "thread: 1\nreaders: 0\n", environment: ["HEADRACE_LIMITS_STREAMS": "none"])
        #expect(found.count == 3)
        #expect(
            found.last
                == "HEADRACE_LIMITS_STREAMS: 'limits.streams' is 'none'; it must be a whole number from 1 to 1000000")
    }

    @Test("a near miss in the environment is a warning; Kubernetes' own variables are not")
    func environmentWarnings() throws {
        let loaded = try Self.load(
            "",
            environment: [
                "HEADRACE_LIMIT_MEMORY": "1GiB", "HEADRACE_URL": "unix:/x", "HEADRACE_PORT": "tcp://10.0.0.1:9347",
                "HEADRACE_SERVICE_HOST": "10.0.0.1",
            ])
        #expect(
            loaded.warnings.map(\.description) == [
                "HEADRACE_LIMIT_MEMORY: is not a setting and has no effect; did you mean 'HEADRACE_LIMITS_MEMORY'?"
            ])
    }

    @Test("aliases stand for what they name; a few lines that are a list beyond all memory are refused")
    func aliases() throws {
        let list = "datasets:\n  d:\n    iterator: CSVIter\n    data_shape: &s [2, 3]\n    label_shape: *s\n"
        let shape = ParameterValue.list([.integer(2), .integer(3)])
        #expect(try Self.load(list).configuration.datasets["d"]?.parameters["label_shape"] == shape)
        let stars = String(repeating: "# * and 2*2, a*b\n", count: 30) + "roots: [/a/*.rec, '/*x']\n"
        #expect(try Self.load(stars).configuration.paths == .beneath(["/a/*.rec", "/*x"]))

        // 3 to the power of the lines.
        func bomb(_ lines: Int) -> String {
            var text = "datasets:\n  d:\n    iterator: CSVIter\n    a0: &a0 [1, 2, 3]\n"
            for line in 1...lines { text += "    a\(line): &a\(line) [*a\(line - 1), *a\(line - 1), *a\(line - 1)]\n" }
            return text
        }
        #expect(
            try Self.problems(bomb(9)) == ["h.yaml: has 27 aliases ('*name'); 24 are allowed, write the others out"])
        #expect(try Self.load(bomb(8)).configuration.datasets["d"]?.parameters.count == 9)
        let wide = bomb(8).replacing(
            "[1, 2, 3]", with: "[\(Array(repeating: "1", count: 1000).joined(separator: ","))]")
        #expect(try Self.problems(wide).contains { $0.contains("data set 'd' has more than 100000 values") })
    }

    @Test("a file that is not there is one clear line")
    func missingFile() {
        let loader = ConfigurationLoader(file: "/nowhere/h.yaml", surroundings: Self.surroundings())
        let error = #expect(throws: ConfigurationProblems.self) { try loader.load() }
        #expect(error?.problems.count == 1)
        #expect(error?.description.hasPrefix("/nowhere/h.yaml: cannot be read: ") == true)
    }

    @Test("data sets keep the types of their parameters, also through --print-config")
    func datasets() throws {
        let loaded = try Self.load(
            """
            datasets:
              train/v1:
                iterator: ImageRecordIter
                path_imgrec: "/data/it's \\"it\\".rec"
                data_shape: [3, 224, 224]
                batch_size: 128
                rand_crop: true
                mean_r: 123.68
                scale: 1.0e-05
                label: "7"
                ctx: null
                nested: [[1, 2], [x]]
                aug_list: [[RandomOrderAug, [[ts, [[ResizeAug, [[size, 9]]]]]]]]
                locked: [data_shape, mean_r]
            """)
        let dataset = try #require(loaded.configuration.datasets["train/v1"])
        #expect(dataset.iterator == "ImageRecordIter")
        #expect(dataset.locked == ["data_shape", "mean_r"])
        #expect(
            dataset.parameters == [
                "path_imgrec": .string("/data/it's \"it\".rec"),
                "data_shape": .list([.integer(3), .integer(224), .integer(224)]),
                "batch_size": .integer(128), "rand_crop": .bool(true), "mean_r": .number(123.68),
                "scale": .number(1e-05),
                "label": .string("7"), "ctx": .null,
                "nested": .list([.list([.integer(1), .integer(2)]), .list([.string("x")])]),
                "aug_list": try ParameterSpec("", .structure, default: nil, "").normalise(
                    .string("[['RandomOrderAug', [['ts', [['ResizeAug', [['size', 9]]]]]]]]")),
            ])
        let again = try Self.load(ConfigurationPrinter.text(loaded.settings))
        #expect(again.configuration.datasets["train/v1"]?.parameters == dataset.parameters)
        #expect(again.configuration.datasets["train/v1"]?.locked == dataset.locked)
    }

    @Test(
        "sizes are read exactly and print as they were",
        arguments: [
            ("0", 0), ("1", 1), ("512MiB", 512 << 20), ("2 GiB", 2 << 30), ("1.5GiB", 3 << 29), ("64kB", 64_000),
            ("7B", 7),
            ("1TiB", 1 << 40),
        ])
    func sizes(text: String, bytes: Int) {
        #expect(ByteCount.parse(text) == bytes)
        #expect(ByteCount.parse(ByteCount.text(bytes)) == bytes)
    }

    @Test(
        "what is no size is refused",
        arguments: [
            "", "MiB", "-1", "+1", "1e3", "0x10", "1.2.3MiB", "9223372036854775807KiB", "1 2", "nan", "1iB",
            "99999999999999999999",
        ])
    func badSizes(text: String) { #expect(ByteCount.parse(text) == nil) }

    @Test(
        "times are read exactly and print as they were",
        arguments: [
            ("0", 0), ("30s", 30_000), ("250ms", 250), ("1.5m", 90_000), ("2h", 7_200_000), ("1d", 86_400_000),
            ("3", 3000),
        ])
    func times(text: String, milliseconds: Int) {
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
        #expect(DurationText.parse(DurationText.text(.milliseconds(milliseconds))) == .milliseconds(milliseconds))
    }

    @Test("what is no time is refused", arguments: ["", "s", "-1s", "1e9d", "1y", "5 minutes", "99999999999d", "inf"])
    func badTimes(text: String) { #expect(DurationText.parse(text) == nil) }

    @Test("the sample shows every key, and what it comments out are the defaults")
    func sample() throws {
        let file = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("../../config/headraced.yaml").standardized.path
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let asIs = try Self.load(text)
        #expect(asIs.settings.settings == (try Self.load("")).settings.settings)
        // `# key: value` without the mark, but not prose, whose lines start with capitals or go on with words.
        let shown = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            guard let match = line.wholeMatch(of: /( *)# ( *[a-z\-][a-z_0-9\-]*:( .*)?)/) else { return String(line) }
            return String(match.1) + String(match.2)
        }.joined(separator: "\n").replacing("insecure: false", with: "insecure: true")
        let all = try Self.load(shown)
        for key in ConfigurationCatalog.keys {
            #expect(all.settings.origin(key.path) != .builtIn, "\(key.path) is missing from the sample")
            // The latter's default depends on the groups, which the sample names.
            if key.defaultText != nil, !["listen.tcp.insecure", "admin.mode"].contains(key.path) {
                #expect(all.settings.value(key.path) == asIs.settings.value(key.path), "\(key.path): another default")
            }
        }
        #expect(all.configuration.datasets["imagenet-train"]?.locked == ["data_shape"])
    }
}
