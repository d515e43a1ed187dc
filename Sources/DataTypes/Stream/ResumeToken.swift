/// A place in a run, with the hashes of what it is a place in: the text a client keeps in its checkpoint.
///
/// `hr1.<manifest hash>.<spec hash>.<epoch>.<step>`; the step is the next one to deliver.
package struct ResumeToken: Sendable, Hashable, CustomStringConvertible {
    package var manifestHash: String
    package var specHash: String
    package var address: BatchAddress

    package init(manifestHash: String, specHash: String, address: BatchAddress) {
        self.manifestHash = manifestHash
        self.specHash = specHash
        self.address = address
    }

    /// nil when `text` is not a token.
    package init?(_ text: String) {
        guard text.utf8.count <= 160 else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "hr1", let epoch = Int(parts[3]), let step = Int(parts[4]),
            epoch >= 0, step >= 0
        else { return nil }
        self.init(
            manifestHash: String(parts[1]), specHash: String(parts[2]), address: BatchAddress(epoch: epoch, step: step))
    }

    /// Reads a token that must be of a stream's data and spec.
    ///
    /// - Throws: `.badRequest` or `.stateMismatch`. Whether the address exists is the stream's to say.
    package init(_ text: String, of info: StreamInfo) throws(StreamError) {
        guard let token = ResumeToken(text) else {
            throw StreamError(
                .badRequest, "'token' is not a resume token (hr1.…)", hint: "take it from a batch or from STATE")
        }
        guard token.manifestHash == info.manifestHash else {
            throw StreamError(
                .stateMismatch,
                "the token is of other data (manifest \(token.manifestHash.prefix(32)), here \(info.manifestHash))",
                hint: "the files have changed since it was taken, or it is of another data set")
        }
        guard token.specHash == info.specHash else {
            throw StreamError(
                .stateMismatch,
                "the token is of another spec (\(token.specHash.prefix(32)), here \(info.specHash))",
                hint: "open the stream with the parameters it was taken with")
        }
        self = token
    }

    package var description: String { "hr1.\(manifestHash).\(specHash).\(address.epoch).\(address.step)" }
}
