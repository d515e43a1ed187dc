import ArgumentParser

/// `headrace rec`: everything about RecordIO files that needs no daemon.
struct RecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rec", abstract: "Makes, lists and checks RecordIO files.",
        subcommands: [
            RecPack.self, RecOptimize.self, RecInfo.self, RecList.self, RecCat.self, RecIndex.self, RecVerify.self,
            RecMean.self,
        ])
}
