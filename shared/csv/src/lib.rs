//! CSV by RFC 4180, that no spreadsheet takes for formulas.

use std::borrow::Cow;

/// What a cell that a spreadsheet would calculate begins with (OWASP, "CSV Injection").
const BEGINNINGS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A table in the making.
#[derive(Clone, Debug)]
pub struct Csv(String);

impl Csv {
    /// A table of no rows.
    pub fn new(header: &[&str]) -> Self {
        let mut csv = Self(String::new());
        csv.line(header.iter().map(|name| Cow::Borrowed(*name)));
        csv
    }

    /// Adds a row. A cell that would be calculated gets an apostrophe, which makes it text.
    pub fn row(&mut self, cells: &[String]) {
        self.line(cells.iter().map(|cell| {
            if cell.starts_with(BEGINNINGS) {
                Cow::Owned(format!("'{cell}"))
            } else {
                Cow::Borrowed(cell.as_str())
            }
        }));
    }

    /// The table as it is sent.
    pub fn into_text(self) -> String {
        self.0
    }

    fn line<'a>(&mut self, cells: impl Iterator<Item = Cow<'a, str>>) {
        for (place, cell) in cells.enumerate() {
            if place > 0 {
                self.0.push(',');
            }
            if cell.contains([',', '"', '\r', '\n']) {
                self.0.push('"');
                self.0.push_str(&cell.replace('"', "\"\""));
                self.0.push('"');
            } else {
                self.0.push_str(&cell);
            }
        }
        self.0.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads by the grammar of RFC 4180.
    fn read(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
        let (mut quoted, mut signs) = (false, text.chars().peekable());
        while let Some(sign) = signs.next() {
            match (quoted, sign) {
                (true, '"') if signs.peek() == Some(&'"') => cell.extend(signs.next()),
                (true, '"') => quoted = false,
                (false, '"') => quoted = true,
                (false, ',') => row.push(std::mem::take(&mut cell)),
                (false, '\r') => assert_eq!(signs.peek(), Some(&'\n')),
                (false, '\n') => {
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                (_, sign) => cell.push(sign),
            }
        }
        assert!(row.is_empty() && cell.is_empty() && !quoted, "it ends with a line");
        rows
    }

    #[test]
    fn cells_that_need_it_are_quoted() {
        let mut csv = Csv::new(&["id", "name"]);
        csv.row(&["1".into(), "Käse, \"Brot\"".into()]);
        assert_eq!(csv.into_text(), "id,name\r\n1,\"Käse, \"\"Brot\"\"\"\r\n");
    }

    proptest! {
        #[test]
        fn every_cell_comes_back_and_none_is_a_formula(cells in proptest::collection::vec("[-=+@\t\r\na\", 1]{0,6}", 1..5)) {
            let mut csv = Csv::new(&["header"]);
            csv.row(&cells);
            let rows = read(&csv.into_text());
            prop_assert_eq!(rows.len(), 2);
            prop_assert_eq!(rows[1].len(), cells.len());
            for (came, cell) in rows[1].iter().zip(&cells) {
                prop_assert!(!came.starts_with(BEGINNINGS));
                prop_assert_eq!(came.strip_prefix('\'').unwrap_or(came), cell);
            }
        }
    }
}
