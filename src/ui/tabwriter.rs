//! Elastic tab columns: lines of tab-separated cells in, aligned text out, by the rules of Go's `text/tabwriter`.
//!
//! A cell belongs to a column only if a tab ends it, so the last cell of a line is never padded. A column's width is
//! the widest cell of a *contiguous block of lines that have the column*, in Unicode code points, plus the padding.

use std::borrow::Cow;
use std::io::{self, Write};

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

    /// The same table in no more memory than its text needs: for who keeps several.
    #[must_use]
    pub fn fitted(mut self) -> Self {
        self.text.shrink_to_fit();
        self
    }

    /// Whether nothing was added yet.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The aligned text.
    pub fn finish(&self) -> String {
        let mut out = Vec::with_capacity(self.text.len() * 2);
        // Writing to memory does not fail.
        let _ = self.write_to(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// Writes the aligned text without holding it.
    pub fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        let widths = self.widths();
        let mut next = 0;
        for (number, line) in self.text.split('\n').enumerate() {
            if number > 0 {
                out.write_all(b"\n")?;
            }
            let mut cells = line.split('\t').peekable();
            while let Some(cell) = cells.next() {
                if cells.peek().is_none() {
                    out.write_all(cell.as_bytes())?;
                    break;
                }
                let width = widths.get(next).map_or(0, |width| *width as usize);
                next += 1;
                if self.right {
                    pad(out, width.saturating_sub(count(cell)))?;
                    out.write_all(cell.as_bytes())?;
                } else {
                    out.write_all(cell.as_bytes())?;
                    pad(out, width.saturating_sub(count(cell)))?;
                }
            }
        }
        Ok(())
    }

    /// The width of every tab-ended cell, in reading order.
    fn widths(&self) -> Vec<u32> {
        let mut widths: Vec<u32> = Vec::new();
        // For each column of the block being read: its width so far and the cells that wait for it.
        let mut open: Vec<(u32, Vec<u32>)> = Vec::new();
        for line in self.text.split('\n') {
            let mut columns = 0;
            for cell in line.split('\t').take(line.matches('\t').count()) {
                let width = narrow((count(cell) + self.padding).max(self.minimum));
                if columns == open.len() {
                    open.push((0, Vec::new()));
                }
                if let Some((widest, waiting)) = open.get_mut(columns) {
                    *widest = (*widest).max(width);
                    waiting.push(narrow(widths.len()));
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

/// Half the size of what a table needs to remember; no table has four billion cells.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Lays out rows that all have the same columns without keeping them: `rows` is walked twice.
pub fn write_rows<'r, const N: usize, I>(out: &mut dyn Write, padding: usize, rows: impl Fn() -> I) -> io::Result<()>
where
    I: Iterator<Item = [Cow<'r, str>; N]>,
{
    let mut widths = [0; N];
    for row in rows() {
        if row.iter().any(|cell| cell.contains(['\t', '\n'])) {
            let mut table = TabWriter::new(padding);
            rows().for_each(|row| table.row(row));
            return table.write_to(out);
        }
        for (width, cell) in widths.iter_mut().zip(&row) {
            *width = count(cell).max(*width);
        }
    }
    for row in rows() {
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            out.write_all(cell.as_bytes())?;
            if column + 1 < N {
                pad(out, width + padding - count(cell))?;
            }
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn settle(widths: &mut [u32], widest: u32, cells: &[u32]) {
    for &cell in cells {
        if let Some(width) = widths.get_mut(cell as usize) {
            *width = widest;
        }
    }
}

fn count(cell: &str) -> usize {
    if cell.is_ascii() { cell.len() } else { cell.chars().count() }
}

fn pad(out: &mut dyn Write, mut blanks: usize) -> io::Result<()> {
    const BLANKS: [u8; 64] = [b' '; 64];
    while blanks > 0 {
        let some = blanks.min(BLANKS.len());
        out.write_all(BLANKS.get(..some).unwrap_or_default())?;
        blanks -= some;
    }
    Ok(())
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
    fn rows_that_are_not_kept_are_laid_out_the_same() {
        let rows = [["NAME", "X", ""], ["é", "long cell", "last"], ["", "", ""]];
        let mut table = TabWriter::new(3);
        rows.iter().for_each(|row| table.row(row));
        let mut out = Vec::new();
        let cows = || rows.iter().map(|row| row.map(Cow::Borrowed));
        assert!(write_rows(&mut out, 3, cows).is_ok());
        assert_eq!(String::from_utf8_lossy(&out), table.finish());
        let tabs = || std::iter::once(["a\tb", "c"].map(Cow::Borrowed));
        out.clear();
        assert!(write_rows(&mut out, 1, tabs).is_ok());
        assert_eq!(String::from_utf8_lossy(&out), "a b c\n");
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
