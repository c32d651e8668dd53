//! Rows of text in columns that are as wide as what stands in them.

use unicode_width::UnicodeWidthStr as _;

/// On which side of its column a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// Whether a column is shown when nothing stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Empty {
    Shown,
    LeftOut,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column<'a> {
    pub(super) title: &'a str,
    pub(super) side: Side,
    pub(super) empty: Empty,
}

/// Nothing is known.
pub(super) const NOTHING: &str = "-";

/// The rows, each as long as `columns`, with their titles. Columns are two spaces apart.
pub(super) fn table(columns: &[Column<'_>], rows: &[Vec<String>]) -> String {
    let is_shown = |at: &usize| {
        columns[*at].empty == Empty::Shown
            || rows.iter().any(|row| row[*at] != NOTHING && !row[*at].is_empty())
    };
    let shown: Vec<usize> = (0..columns.len()).filter(is_shown).collect();
    let widest = |at: usize| {
        rows.iter().map(|row| row[at].width()).chain([columns[at].title.width()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = shown.iter().map(|at| widest(*at)).collect();
    let line = |cell: &dyn Fn(usize) -> String| {
        let cells = shown.iter().zip(&widths).map(|(at, width)| {
            let text = cell(*at);
            let room = " ".repeat(width.saturating_sub(text.width()));
            match columns[*at].side {
                Side::Left => format!("{text}{room}"),
                Side::Right => format!("{room}{text}"),
            }
        });
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    let mut out = line(&|at| columns[at].title.to_owned());
    for row in rows {
        out.push_str(&line(&|at| row[at].clone()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_stands_in_them() {
        let column = |title, side, empty| Column { title, side, empty };
        let columns = [
            column("run", Side::Left, Empty::Shown),
            column("requests", Side::Right, Empty::Shown),
            column("branch", Side::Left, Empty::LeftOut),
            column("end", Side::Left, Empty::LeftOut),
        ];
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let rows = [row(["a", "7", "-", ""]), row(["größer", "1234567890", "-", "x"])];
        let expected = "run       requests  end\na                7\ngrößer  1234567890  x\n";
        assert_eq!(table(&columns, &rows), expected);
        assert_eq!(table(&columns, &[]), "run  requests\n");
    }
}
