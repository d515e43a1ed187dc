import DataTypes
import Daemon
import Iterators

/// A configuration file. It loads or is refused with reasons; one that loads is printed as a file that gives the same again.
enum ConfigurationTarget {
    private static let surroundings = Surroundings(
        environment: ["HOME": "/home/fuzz"], userID: 1000, coreCount: 4, memoryBytes: 8 << 30,
        hasSystemRunDirectory: false)

    static func run(_ input: FuzzInput) {
        var input = input
        guard let loaded = load(input.remainder()) else { return }
        let text = ConfigurationPrinter.text(loaded.settings)
        guard let again = load(Array(text.utf8)) else { fatalError("what is printed is refused: \(text)") }
        let (before, after) = (withoutOrigins(loaded.configuration), withoutOrigins(again.configuration))
        // A number that is none does not equal itself.
        expect(before == after || before != before, "what is printed means something else: \(text)")
    }

    private static func load(_ text: [UInt8]) -> ConfigurationLoader.Loaded? {
        let file = FuzzFolder.write(text, to: "headraced.yaml")
        let loader = ConfigurationLoader(file: file, surroundings: surroundings)
        do throws(ConfigurationProblems) {
            return try loader.load { DatasetCheck.problems($0, kinds: IteratorCatalog.all) }
        } catch {
            expect(!error.description.isEmpty, "refused without a reason")
            return nil
        }
    }

    private static func withoutOrigins(_ configuration: DaemonConfiguration) -> DaemonConfiguration {
        var configuration = configuration
        configuration.datasets = configuration.datasets.mapValues {
            DatasetConfiguration(
                name: $0.name, iterator: $0.iterator, parameters: $0.parameters, locked: $0.locked)
        }
        return configuration
    }
}
