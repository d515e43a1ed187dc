import TestSupport
import Testing

@testable import RecordIO

@Suite struct RecordPathsTests {
    let directory: TemporaryFolder

    init() throws {
        directory = try TemporaryFolder()
        for name in ["part-2.rec", "part-10.rec", "part-1.rec", "part-1.idx", "part-1.lst", ".hidden.rec"] {
            try directory.write("x", to: name)
        }
        try directory.write("", to: "empty.rec")
    }

    func names(_ list: String) throws -> [String] {
        try RecordPaths(expanding: list.replacing("@", with: directory.path)).paths.map { FileSystem.split($0).name }
    }

    @Test(
        "lists, directories, patterns and expressions",
        arguments: [
            ("@/part-2.rec", ["part-2.rec"]),
            ("@/part-2.rec;@/part-1.rec;", ["part-2.rec", "part-1.rec"]),
            (";;@/part-1.rec", ["part-1.rec"]),
            ("@", ["part-1.rec", "part-10.rec", "part-2.rec"]),
            ("@/", ["part-1.rec", "part-10.rec", "part-2.rec"]),
            ("@/part-?.rec", ["part-1.rec", "part-2.rec"]),
            ("@/part-*.rec", ["part-1.rec", "part-10.rec", "part-2.rec"]),
            ("@/part-[2-9].rec", ["part-2.rec"]),
            ("@/part-[!2]*.rec", ["part-1.rec", "part-10.rec"]),
            ("@/part.*rec", ["part-1.rec", "part-10.rec", "part-2.rec"]),
            ("@/part-\\d+\\.rec", ["part-1.rec", "part-10.rec", "part-2.rec"]),
            ("@/part-(1|2).rec", ["part-1.rec", "part-2.rec"]),
            ("@/part-[0-9]{2}.rec", ["part-10.rec"]),
        ] as [(String, [String])])
    func expand(list: String, expected: [String]) throws {
        #expect(try names(list) == expected)
    }

    @Test("an empty file is left out with a warning; nothing but empty files is an error")
    func emptyFiles() throws {
        let paths = try RecordPaths(expanding: directory.path)
        #expect(paths.warnings.count == 1)
        #expect(paths.warnings.first?.contains("empty.rec") == true)
        let empty = directory.path + "/empty.rec"
        #expect(throws: RecordError.noData(paths: empty)) { try RecordPaths(expanding: empty) }
        #expect(throws: RecordError.noData(paths: ";")) { try RecordPaths(expanding: ";") }
    }

    @Test(
        "what cannot be used is refused by name",
        arguments: [
            ("file:///data/a.rec", "without 'file://'"), ("s3://bucket/a.rec", "s3"), ("hdfs://a/b", "hdfs"),
            ("@/part-3.rec", "did you mean"), ("@/part-1.rec;@/part-x1.rec", "did you mean"),
            ("@/q*.rec", "matches nothing"),
            ("@/x(.rec", "not closed"), ("@/nowhere/a.rec", "does not exist"), ("@/nowhere/*.rec", "does not exist"),
        ])
    func refused(list: String, says: String) throws {
        let error = try #require(throws: RecordError.self) { try names(list) }
        #expect(error.description.contains(says), "\(error)")
    }

    @Test("a directory without data files is an error that names what is there")
    func noDataFiles() throws {
        let other = try TemporaryFolder()
        try other.write("x", to: "train.lst")
        let error = try #require(throws: RecordError.self) { try RecordPaths(expanding: other.path) }
        #expect(error.description.contains("train.lst"))
    }

    @Test(
        "patterns match as the shell's do",
        arguments: [
            ("*", "abc", true), ("*", ".abc", false), (".*", ".abc", true), ("a*c", "abc", true), ("a*c", "abd", false),
            ("a?c", "abc", true), ("a?c", "ac", false), ("[]x]", "]", true), ("[a-c]", "b", true),
            ("[^a-c]", "b", false),
            ("[ab", "[ab", true), ("*a*b*", "xxaxxbxx", true), ("", "", true), ("**", "", true), ("a", "", false),
        ])
    func glob(pattern: String, name: String, matches: Bool) {
        #expect(GlobPattern(pattern).matches(name) == matches)
    }

    @Test(
        "expressions match as ECMAScript's do",
        arguments: [
            ("a.c", "abc", true), ("a.c", "ac", false), ("(ab)+", "ababab", true), ("(ab)+", "aba", false),
            ("a|bc|", "bc", true), ("a|bc|", "", true), ("a|bc|", "b", false), ("a{2,3}", "aa", true),
            ("a{2,3}", "aaaa", false),
            ("a{2,}", "aaaaa", true), ("a{2}", "a", false), ("[^a-c]x", "dx", true), ("[\\d_]+", "1_2", true),
            ("^a$", "a", true), ("a*?b", "aab", true), ("(?:a|b)*c", "abbac", true), ("(a*)*b", "aaab", true),
            ("a\\.b", "a.b", true), ("a\\.b", "axb", false), ("(a|b|c)d?", "cd", true), ("(|a)b", "b", true),
        ])
    func expression(pattern: String, name: String, matches: Bool) throws {
        #expect(try NameExpression(pattern).matches(name) == matches)
    }

    @Test(
        "expressions that are none, or ask for too much, are refused",
        arguments: ["(", ")", "a)", "[a", "*", "a{", "a{3,2}", "a\\", "(?=a)", "[b-a]", "((a{999}){999}){999}", "\\b"])
    func badExpression(pattern: String) {
        #expect(throws: RecordError.self) { try NameExpression(pattern) }
    }

    @Test("an expression made to hold up a backtracking matcher is done at once", .timeLimit(.minutes(10)))
    func hostileExpression() throws {
        let name = String(repeating: "a", count: 250) + "!"
        #expect(try !NameExpression("(a+)+(a+)+(a*)*b").matches(name))
        #expect(!GlobPattern("*a*a*a*a*a*a*a*a*a*a*b").matches(name))
    }
}
