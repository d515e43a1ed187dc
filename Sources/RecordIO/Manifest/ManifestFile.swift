/// One data file of a manifest, with its place among the others.
package struct ManifestFile: Sendable {
    package let file: RecordFile
    package let index: RecordIndex
    /// The manifest's ordinal of this file's first record.
    package let firstOrdinal: Int
    /// Where this file would begin if all files were joined into one.
    package let firstByte: UInt64
}
