import Tool

@main
enum Headrace {
    static func main() async { await HeadraceCommand.main() }
}
