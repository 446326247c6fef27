//! Elastic tab columns: lines of tab-separated cells in, aligned text out, by the rules of Go's `text/tabwriter`.
//!
//! A cell belongs to a column only if a tab ends it, so the last cell of a line is never padded. A column's width is
//! the widest cell of a *contiguous block of lines that have the column*, in Unicode code points, plus the padding.

/// Collects lines and lays them out at the end.
#[derive(Debug, Clone)]
pub struct TabWriter {
    text: String,
    minimum: usize,
    padding: usize,
    right: bool,
}

impl TabWriter {
    /// Columns are padded by `padding` blanks.
    pub fn new(padding: usize) -> Self {
        TabWriter { text: String::new(), minimum: 0, padding, right: false }
    }

    /// No column is narrower than this, padding included.
    pub fn minimum_width(mut self, width: usize) -> Self {
        self.minimum = width;
        self
    }

    /// Puts the padding before the text of a cell.
    pub fn right_aligned(mut self) -> Self {
        self.right = true;
        self
    }

    /// Adds one line of cells.
    pub fn row<I>(&mut self, cells: I)
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        for (index, cell) in cells.into_iter().enumerate() {
            if index > 0 {
                self.text.push('\t');
            }
            self.text.push_str(cell.as_ref());
        }
        self.text.push('\n');
    }

    /// Adds text as it is: tabs end cells, newlines end lines.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Tables of the same columns as one, with a first column that says where each row is from.
    pub fn joined(heading: &str, parts: impl IntoIterator<Item = (String, TabWriter)>) -> Option<TabWriter> {
        let mut joined: Option<TabWriter> = None;
        for (label, part) in parts {
            let mut lines = part.text.lines();
            let head = lines.next().unwrap_or_default();
            let table = joined.get_or_insert_with(|| {
                let mut table = TabWriter { text: String::new(), ..part.clone() };
                table.push(&format!("{heading}\t{head}\n"));
                table
            });
            lines.for_each(|line| table.push(&format!("{label}\t{line}\n")));
        }
        joined
    }

    /// Whether nothing was added yet.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The aligned text.
    pub fn finish(&self) -> String {
        let widths = self.widths();
        let mut out = String::with_capacity(self.text.len() * 2);
        let mut next = 0;
        for (number, line) in self.text.split('\n').enumerate() {
            if number > 0 {
                out.push('\n');
            }
            let mut cells = line.split('\t').peekable();
            while let Some(cell) = cells.next() {
                if cells.peek().is_none() {
                    out.push_str(cell);
                    break;
                }
                let blanks = widths.get(next).copied().unwrap_or(0).saturating_sub(count(cell));
                next += 1;
                if self.right {
                    pad(&mut out, blanks);
                    out.push_str(cell);
                } else {
                    out.push_str(cell);
                    pad(&mut out, blanks);
                }
            }
        }
        out
    }

    /// The width of every tab-ended cell, in reading order.
    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = Vec::new();
        // For each column of the block being read: its width so far and the cells that wait for it.
        let mut open: Vec<(usize, Vec<usize>)> = Vec::new();
        for line in self.text.split('\n') {
            let mut columns = 0;
            for cell in line.split('\t').take(line.matches('\t').count()) {
                let width = (count(cell) + self.padding).max(self.minimum);
                if columns == open.len() {
                    open.push((0, Vec::new()));
                }
                if let Some((widest, waiting)) = open.get_mut(columns) {
                    *widest = (*widest).max(width);
                    waiting.push(widths.len());
                }
                widths.push(width);
                columns += 1;
            }
            for (widest, waiting) in open.drain(columns..) {
                settle(&mut widths, widest, &waiting);
            }
        }
        for (widest, waiting) in open {
            settle(&mut widths, widest, &waiting);
        }
        widths
    }
}

fn settle(widths: &mut [usize], widest: usize, cells: &[usize]) {
    for &cell in cells {
        if let Some(width) = widths.get_mut(cell) {
            *width = widest;
        }
    }
}

fn count(cell: &str) -> usize {
    if cell.is_ascii() { cell.len() } else { cell.chars().count() }
}

fn pad(out: &mut String, blanks: usize) {
    out.extend(std::iter::repeat_n(' ', blanks));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(padding: usize, text: &str) -> String {
        let mut table = TabWriter::new(padding);
        table.push(text);
        table.finish()
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_the_last_is_not_padded() {
        assert_eq!(laid_out(2, "a\tbb\tc\nlonger\tb\tcc\n"), "a       bb  c\nlonger  b   cc\n");
    }

    #[test]
    fn an_empty_last_cell_leaves_trailing_blanks() {
        assert_eq!(laid_out(1, "ab\t\nc\t\n"), "ab \nc  \n");
    }

    #[test]
    fn a_line_without_the_column_ends_its_block() {
        assert_eq!(laid_out(1, "wide cell\tx\nalone\nb\tx\n"), "wide cell x\nalone\nb x\n");
    }

    #[test]
    fn widths_count_code_points() {
        assert_eq!(laid_out(1, "äöü\tx\nabcd\ty\n"), "äöü  x\nabcd y\n");
    }

    #[test]
    fn tables_are_joined_under_one_heading() {
        let part = |row: &str| {
            let mut table = TabWriter::new(1);
            table.push(&format!("A\tB\n{row}\n"));
            table
        };
        let joined = TabWriter::joined("POD", [("x".to_owned(), part("1\t2")), ("long".to_owned(), part("3\t4"))]);
        assert_eq!(joined.map(|table| table.finish()).as_deref(), Some("POD  A B\nx    1 2\nlong 3 4\n"));
    }

    #[test]
    fn right_alignment_and_minimum_width() {
        let mut table = TabWriter::new(2).minimum_width(6).right_aligned();
        table.row(["ab", "c", ""]);
        assert_eq!(table.finish(), "    ab     c\n");
    }
}
