//! What changed between runs, and whether it is more than noise.
//!
//! Two [`Arm`]s, each of one run or more, are compared by [`compare`]. What makes a fair comparison decides the method:
//! the unit of analysis is the stretch of time where both ran at once, the pair of runs where they alternated, and
//! else the run. Requests are never the unit: they resemble their neighbours, and tests that take them as independent see
//! changes where there are none. Of one run against one run no verdict is possible, and none is given.
//!
//! Each metric has one of four [`Verdict`]s, with an interval, and the smallest change that the data could have shown.
//! The procedure and its error rates stand in `docs/statistics.md`, with the command that measures them.
//!
//! 1. [`conditions`]: were both arms asked the same question?
//! 2. [`compare`]: the comparison of two arms.
//! 3. [`table`]: any number of arms beside each other, in totals, with the best one named.
//! 4. [`history`]: when a figure changed over many runs. [`compare_values`]: two lists of plain numbers.
//!
//! Nothing here reads a file, and nothing is displayed.

mod metric;

mod judge;

mod arm;

mod conditions;

mod window;

mod design;

mod effect;

mod outcome;

mod run;

mod values;

mod history;

mod table;

pub use arm::{Arm, Run};
pub use conditions::{Difference, Weight, conditions};
pub use design::{Design, design};
pub use history::{HistoryChange, history};
pub use judge::{Change, Unclear, Verdict};
pub use metric::{Direction, Endless, Margins, Metric, Rules};
pub use outcome::{Comparison, MetricComparison, Outcome, SeriesComparison};
pub use run::compare;
pub use table::{Row, Standing, Table, table};
pub use values::compare_values;
