import DataTypes

extension IteratorContext {
    /// The array that the client handed over under the name in `text`, which is `array:NAME`.
    func handedOver(_ text: String, parameter: String) throws(StreamError) -> HandedArray {
        let name = String(text.dropFirst(ArrayReference.handedOver.count))
        guard let array = arrays[name] else {
            let names = arrays.keys.sorted()
            throw StreamError(
                .notFound, "'\(parameter)': no array '\(name.prefix(80))' has been handed over",
                hint: names.isEmpty ? "hand it over before the stream is opened" : "there are \(names.prefix(20))")
        }
        return array
    }
}
