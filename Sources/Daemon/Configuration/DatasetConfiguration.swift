package import DataTypes

/// A named data set: an iterator and the parameters that are fixed or preset for those who open it by name.
package struct DatasetConfiguration: Sendable, Hashable {
    package var name: String
    package var iterator: String
    package var parameters: [String: ParameterValue]
    /// Parameters that a client may not change. Those that name paths never may be.
    package var locked: Set<String>
    package var origin: ConfigurationOrigin
    /// Where each parameter stands, for messages.
    package var parameterOrigins: [String: ConfigurationOrigin]

    package init(
        name: String, iterator: String, parameters: [String: ParameterValue] = [:], locked: Set<String> = [],
        origin: ConfigurationOrigin = .builtIn, parameterOrigins: [String: ConfigurationOrigin] = [:]
    ) {
        self.name = name
        self.iterator = iterator
        self.parameters = parameters
        self.locked = locked
        self.origin = origin
        self.parameterOrigins = parameterOrigins
    }
}
