import Foundation
import TestSupport
import Testing

@testable import RecordIO

struct LabelSurveyTests {
    /// A record with these labels and some bytes of an image.
    private func record(_ labels: [Float], id: UInt64 = 0) -> [UInt8] {
        ImageRecordHeader(id: id).pack(labels: labels, image: payload(Int(id), count: 200).span)
    }

    private let object: [Float] = [1, 0, 0, 0.5, 0.5]

    @Test("the widest record counts, and those without labels of objects do not")
    func widest() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a.rec"
        // The magic number among the labels makes a record of several parts.
        let magic = Float(bitPattern: 0xCED7_230A)
        try write(
            [
                record([2, 5] + object), record([2, 5] + object + object), record([Float](repeating: 3, count: 90)),
                record([2, 5] + object + object + [magic, magic, magic, magic, magic]), [1, 2, 3],
                record([2, 5] + object),
            ], to: path)
        let manifest = try Manifest.open(paths: path)
        func survey(_ ordinals: Range<Int>, limit: Int = 1000) throws -> LabelSurvey {
            try manifest.surveyLabels(of: ordinals, limit: limit, cacheDirectory: nil)
        }
        #expect(try survey(0..<6) == LabelSurvey(widestLabelCount: 17, widestOrdinal: 3))
        #expect(try survey(0..<3) == LabelSurvey(widestLabelCount: 12, widestOrdinal: 1))
        #expect(try survey(4..<6) == LabelSurvey(widestLabelCount: 7, widestOrdinal: 5))
        #expect(try survey(0..<6, limit: 16) == LabelSurvey(widestLabelCount: 12, widestOrdinal: 1))
        #expect(try survey(2..<3) == LabelSurvey())
    }

    @Test("a label count beyond the record does not count")
    func overrun() throws {
        let folder = try TemporaryFolder()
        var lie = record([2, 5] + object + object)
        lie[3] = 0x10
        try write([lie, record([2, 5] + object)], to: folder.path + "/a.rec")
        let manifest = try Manifest.open(paths: folder.path + "/a.rec")
        let survey = try manifest.surveyLabels(of: 0..<2, limit: .max, cacheDirectory: nil)
        #expect(survey == LabelSurvey(widestLabelCount: 7, widestOrdinal: 1))
    }

    @Test("the result is kept, and good for these files and these records alone")
    func cache() throws {
        let folder = try TemporaryFolder()
        let (path, cache) = (folder.path + "/a.rec", folder.path + "/cache")
        try write([record([2, 5] + object), record([2, 5] + object + object)], to: path)
        let manifest = try Manifest.open(paths: path)
        let first = try manifest.surveyLabels(of: 0..<2, limit: 1000, cacheDirectory: cache)
        #expect(first.widestLabelCount == 12)
        let kept = SurveyCache(directory: cache, kind: .labels)
        #expect(
            kept.load(manifest.surveyKey(0..<2, limit: 1000), of: manifest) == [12, UInt64(first.widestOrdinal)])
        #expect(kept.load(manifest.surveyKey(0..<1, limit: 1000), of: manifest) == nil)
        #expect(try manifest.surveyLabels(of: 0..<1, limit: 1000, cacheDirectory: cache).widestLabelCount == 7)

        try write([record([2, 5] + object), record([2, 5] + object + object + object)], to: path)
        let changed = try Manifest.open(paths: path)
        #expect(try changed.surveyLabels(of: 0..<2, limit: 1000, cacheDirectory: cache).widestLabelCount == 17)
    }

    @Test("a damaged cache file counts as not there", arguments: [0, 9, 24, 33, 55])
    func damagedCache(position: Int) throws {
        let folder = try TemporaryFolder()
        let (path, cache) = (folder.path + "/a.rec", folder.path + "/cache")
        try write([record([2, 5] + object)], to: path)
        let manifest = try Manifest.open(paths: path)
        let survey = try manifest.surveyLabels(of: 0..<1, limit: 1000, cacheDirectory: cache)
        let file = try #require(try FileManager.default.contentsOfDirectory(atPath: cache).first)
        var bytes = try folder.read("cache/" + file)
        bytes[position] ^= 0x40
        try folder.write(bytes, to: "cache/" + file)
        #expect(try manifest.surveyLabels(of: 0..<1, limit: 1000, cacheDirectory: cache) == survey)
        try folder.write(Array(bytes.prefix(position)), to: "cache/" + file)
        #expect(try manifest.surveyLabels(of: 0..<1, limit: 1000, cacheDirectory: cache) == survey)
    }
}
