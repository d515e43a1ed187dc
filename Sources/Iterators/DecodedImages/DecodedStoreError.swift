/// Why there can be no file for decoded images.
package struct DecodedStoreError: Error {
    /// The system's `errno`.
    package let code: Int32
}
