package import DataTypes

/// OPEN: start a stream of a configured data set, or of an iterator with its parameters.
package struct OpenMessage: Codable, Sendable, Hashable {
    package var dataset: String?
    package var iterator: String?
    package var parameters: [String: ParameterValue]?
    /// Where to start, instead of the first batch of epoch 0.
    package var token: String?
    /// A name for status pages, at most 128 bytes.
    package var label: String?

    package init(_ request: OpenRequest) {
        dataset = request.dataset
        iterator = request.iterator
        parameters = request.parameters
        token = request.token
        label = request.label
    }

    /// The request, checked for what the message format itself demands.
    package func request() throws(StreamError) -> OpenRequest {
        guard (dataset == nil) != (iterator == nil) else {
            throw StreamError(
                .badRequest, "OPEN names \(dataset == nil ? "neither" : "both") 'dataset' and 'iterator'",
                hint: "name exactly one of them")
        }
        if let label, label.utf8.count > WireLimits.labelBytes {
            throw StreamError(
                .badRequest, "the label has \(label.utf8.count) bytes",
                hint: "\(WireLimits.labelBytes) are allowed")
        }
        if let token {
            guard let parsed = ResumeToken(token) else {
                throw StreamError(
                    .badRequest, "'token' is not a resume token", hint: "take it from a batch or from STATE")
            }
            guard parsed.address.epoch < WireLimits.epochs else {
                throw StreamError(.badPosition, "epoch \(parsed.address.epoch) is beyond the last possible one")
            }
        }
        return OpenRequest(
            dataset: dataset, iterator: iterator, parameters: parameters ?? [:], token: token, label: label)
    }
}
