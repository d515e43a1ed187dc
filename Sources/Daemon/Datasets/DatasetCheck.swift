internal import DataTypes
package import Iterators

/// Checks a data set of the configuration against the iterator it names, as far as that goes without opening it: what a
/// client may still give is not missed.
package enum DatasetCheck {
    package static func problems(_ dataset: DatasetConfiguration, kinds: [IteratorKind]) -> [ConfigurationProblem] {
        guard let kind = kinds.first(where: { $0.name == dataset.iterator }) else {
            let near = nearestName(to: dataset.iterator, among: kinds.map(\.name)).map { "; did you mean '\($0)'?" }
            return [
                ConfigurationProblem(
                    dataset.origin,
                    "data set '\(dataset.name)': there is no iterator '\(dataset.iterator)'\(near ?? "")")
            ]
        }
        var problems: [ConfigurationProblem] = []
        let specs = Dictionary(uniqueKeysWithValues: kind.specs.map { ($0.name, $0) })
        func add(_ parameter: String?, _ message: String) {
            let origin = parameter.flatMap { dataset.parameterOrigins[$0] } ?? dataset.origin
            problems.append(ConfigurationProblem(origin, "data set '\(dataset.name)': \(message)"))
        }
        func unknown(_ name: String) -> String {
            let error = ParameterError.unknown(
                name: name, iterator: kind.name, suggestion: nearestName(to: name, among: specs.keys.sorted()))
            return error.description
        }
        for (name, value) in dataset.parameters.sorted(by: { $0.key < $1.key }) {
            guard let spec = specs[name] else {
                add(name, unknown(name))
                continue
            }
            if value == .null { continue }
            do throws(ParameterError) {
                let normal = try spec.normalise(value)
                guard kind.pathParameters.contains(name) || spec.kind == .arrays,
                    let references = ArrayReference.list(normal)
                else { continue }
                for path in references.map(\.text) where IteratorKind.namesFile(path) && !path.hasPrefix("/") {
                    add(name, "'\(name)' is '\(path)'; it must be an absolute path")
                }
            } catch {
                add(name, error.description)
            }
        }
        for name in dataset.locked.sorted() where specs[name] == nil { add(nil, "'locked': \(unknown(name))") }
        return problems
    }
}
