import Foundation
import TestSupport
import Testing

@testable import RecordIO

struct ObjectSurveyTests {
    private func record(_ labels: [Float]) -> [UInt8] {
        ImageRecordHeader(id: 1).pack(labels: labels, image: payload(1, count: 200).span)
    }

    private let object: [Float] = [1, 0, 0, 0.5, 0.5]
    private let empty: [Float] = [1, 0.5, 0, 0.5, 0.5]

    @Test("objects with an area are counted, and the first record without one is named")
    func counts() throws {
        let folder = try TemporaryFolder()
        // The magic number among the labels makes a record of several parts.
        let magic = Float(bitPattern: 0xCED7_230A)
        let wide: [Float] = [2, 7, 1, 0, 0, 1, 1, 8, magic]
        var lie = record([2, 5] + object)
        lie[3] = 0x10
        let cases: [([[UInt8]], ObjectSurvey)] = [
            ([record([2, 5] + object), record([2, 5] + object + empty + object)], survey(2, 5, nil)),
            ([record([2, 5] + object), record(wide)], survey(1, 7, nil)),
            ([record([2, 5] + object), record([2, 5] + empty), record([3])], survey(1, 5, 1)),
            ([lie, record([2, 5] + object)], survey(1, 5, 0)), ([[1, 2, 3]], survey(0, 0, 0)),
            ([record([2, 5] + Array(repeating: object, count: 60_000).joined())], survey(60_000, 5, nil)),
        ]
        for (position, (records, expected)) in cases.enumerated() {
            let path = folder.path + "/\(position).rec"
            try write(records, to: path)
            let manifest = try Manifest.open(paths: path)
            #expect(try manifest.surveyObjects(cacheDirectory: nil) == expected)
            let cache = folder.path + "/cache"
            #expect(try manifest.surveyObjects(cacheDirectory: cache) == expected)
            // From the cache, which a survey of another kind leaves alone.
            _ = try manifest.surveyLabels(of: 0..<records.count, limit: 9, cacheDirectory: cache)
            #expect(try manifest.surveyObjects(cacheDirectory: cache) == expected)
        }
    }

    private func survey(_ count: Int, _ width: Int, _ without: Int?) -> ObjectSurvey {
        var result = ObjectSurvey()
        (result.objectCount, result.objectWidth, result.firstWithout) = (count, width, without)
        return result
    }
}
