import ArgumentParser
import DataTypes
import Iterators

/// `headrace iterators`: what there is to open, and with which parameters.
struct IteratorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "iterators", abstract: "Lists the iterators, or the parameters of one.")

    @Argument(help: "The iterator whose parameters are listed.") var name: String?
    @Flag(help: "Prints the parameters as the table that pages of the documentation have.") var markdown = false

    func run() async throws {
        guard let name else {
            var table = TextTable(["ITERATOR", "WHAT IT DOES"])
            for kind in IteratorCatalog.all { table.add([kind.name, kind.summary]) }
            print(table.text)
            return
        }
        let kind = try IteratorCatalogAccess.kind(name)
        if markdown {
            print(kind.parameterTable)
            return
        }
        var table = TextTable(["PARAMETER", "DEFAULT", "ALLOWED", "WHAT IT DOES"])
        for spec in kind.specs { table.add([spec.name, spec.defaultText(), spec.rangeText(), spec.summary]) }
        print(table.text)
    }
}

enum IteratorCatalogAccess {
    /// The iterator of that name, or an error for the terminal.
    static func kind(_ name: String) throws -> IteratorKind {
        do throws(StreamError) {
            return try IteratorCatalog.kind(named: name)
        } catch {
            throw ToolError(error.description)
        }
    }
}
