/// Rows of text in columns, for people.
struct Table {
    private let headings: [String]
    private var rows: [[(text: String, style: Console.Style?)]] = []

    /// - Parameter headings: one a column; empty: no line of headings.
    init(_ headings: String...) { self.headings = headings }

    mutating func add(_ cells: String...) { rows.append(cells.map { (Console.printable($0), nil) }) }

    /// A row whose cells may each have a style.
    mutating func add(styled cells: (String, Console.Style?)...) { rows.append(cells.map { (Console.printable($0.0), $0.1) }) }

    var isEmpty: Bool { rows.isEmpty }

    /// Two spaces between columns and none behind the last; widths count characters.
    var text: String {
        let all = (headings.isEmpty ? [] : [headings.map { ($0, Console.Style.bold as Console.Style?) }]) + rows
        let columns = all.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in all.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0 }
        return all.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell.style.map { Console.styled(cell.text, $0) } ?? cell.text
                // Padding only in front of something: no space at the end of a line.
                if row[(column + 1)...].contains(where: { !$0.text.isEmpty }) {
                    line += String(repeating: " ", count: widths[column] - cell.text.count + 2)
                }
            }
            return line
        }.joined(separator: "\n")
    }
}
