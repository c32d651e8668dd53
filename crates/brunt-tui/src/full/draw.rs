//! Drawing a picture: the live block's lines, two charts, and below them endpoints, errors, the log or the keys.

use super::picture::{Picture, Row};
use super::state::{Page, State};
use crate::Style;
use crate::style::{Line, Tone};
use crate::text::{count, duration, fit, fit_middle, percent, rate};
use brunt_metrics::Nanos;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style as Ink};
use ratatui::symbols::Marker;
use ratatui::text::{Line as Text, Span};
use ratatui::widgets::{
    Axis, Block, Borders, Cell, Chart, Dataset, GraphType, Paragraph, Row as Cells, Table,
};

/// Rows of the charts; more where there is room.
const CHARTS: u16 = 8;
/// Objectives that are shown; the rest is counted in the head.
const OBJECTIVES: usize = 4;
/// Columns from which everything is shown.
const WIDE: u16 = 80;
const KEYS: &str = "s stop  p pause  +/- load  u set  n note  tab pages  / filter  o sort  ? keys";

/// What every key does.
const HELP: [(&str, &str); 12] = [
    ("s, q, Ctrl-C", "stop: what is under way may end; once more: cut it"),
    ("p", "pause: the schedule stands still; once more: it goes on"),
    ("+ and -", "a tenth more or less load"),
    ("u", "so many users (50), or another rate (120/s)"),
    ("n", "a note, which stands in the record at this instant"),
    ("arrows, j k", "up and down; PgUp, PgDn a screenful"),
    ("/", "only endpoints with this in their names"),
    ("o", "sort by p99, req/s, errors, name"),
    ("e", "errors"),
    ("l", "log"),
    ("tab", "the next page"),
    ("esc", "endpoints, all of them"),
];

/// Draws the whole screen.
pub fn draw(frame: &mut Frame<'_>, picture: &Picture, state: &mut State, style: Style) {
    let area = frame.area();
    let objectives = picture.objectives.len().min(OBJECTIVES);
    let head = rows(picture.head.len() + objectives);
    // Charts take a third of what is left, and endpoints no less than that.
    let charts = (area.height.saturating_sub(head + 1) / 3).max(CHARTS.min(area.height / 3));
    let [top, middle, body, foot] = Layout::vertical([
        Constraint::Length(head),
        Constraint::Length(charts),
        Constraint::Min(3),
        Constraint::Length(1),
    ])
    .areas(area);
    let lines = picture.head.iter().chain(picture.objectives.iter().take(objectives));
    let lines: Vec<Text<'_>> = lines.map(|line| shown(line, usize::from(area.width), style)).collect();
    frame.render_widget(Paragraph::new(lines), top);
    if area.width < WIDE {
        // The rate stands in the head; half a chart would show neither.
        latency_chart(frame, middle, picture, style);
    } else {
        let halves = [Constraint::Ratio(1, 2), Constraint::Ratio(1, 2)];
        let [left, right] = Layout::horizontal(halves).spacing(1).areas(middle);
        rate_chart(frame, left, picture, style);
        latency_chart(frame, right, picture, style);
    }
    match state.page {
        Page::Endpoints => endpoints(frame, body, picture, state, style),
        Page::Errors => list(frame, body, ("errors", &picture.errors), state, style),
        Page::Log => list(frame, body, ("log", &picture.log), state, style),
        Page::Help => {
            let lines: Vec<String> = HELP.iter().map(|(key, does)| format!("{key:<14} {does}")).collect();
            list(frame, body, ("keys", &lines), state, style);
        }
    }
    frame.render_widget(Paragraph::new(footer(state, style)), foot);
    if style.ascii {
        in_ascii(frame);
    }
}

/// The library draws axes with lines of its own.
fn in_ascii(frame: &mut Frame<'_>) {
    for cell in &mut frame.buffer_mut().content {
        let plain = match cell.symbol() {
            text if text.is_ascii() => continue,
            "\u{2502}" => "|",
            "\u{2500}" => "-",
            "\u{2514}" => "+",
            "\u{2022}" => "*",
            _ => "?",
        };
        cell.set_symbol(plain);
    }
}

fn rows(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

fn footer(state: &State, style: Style) -> Text<'static> {
    let strong = Ink::default().add_modifier(Modifier::BOLD);
    match &state.prompt {
        Some((prompt, text)) => Text::from(vec![
            Span::styled(style.encode(prompt.asks()), strong),
            Span::raw(style.encode(text)),
            Span::styled("_", strong),
        ]),
        None if !state.told.is_empty() => Text::styled(style.encode(&state.told), strong),
        None => Text::styled(KEYS, ink(Tone::Label, style)),
    }
}

/// A tone as the library has it; without colours, as it is.
fn ink(tone: Tone, style: Style) -> Ink {
    let ink = Ink::default();
    match tone {
        Tone::Plain => ink,
        Tone::Label => ink.add_modifier(Modifier::DIM),
        Tone::Strong => ink.add_modifier(Modifier::BOLD),
        Tone::Good | Tone::Bad | Tone::Warn if !style.color => ink,
        Tone::Good => ink.fg(Color::Green),
        Tone::Bad => ink.fg(Color::Red),
        Tone::Warn => ink.fg(Color::Yellow),
    }
}

fn shown(line: &Line, columns: usize, style: Style) -> Text<'static> {
    Text::from(
        line.fitted(columns, style)
            .into_iter()
            .map(|(tone, text)| Span::styled(text, ink(tone, style)))
            .collect::<Vec<_>>(),
    )
}

fn block(title: String) -> Block<'static> {
    Block::new().borders(Borders::TOP).title(Span::styled(title, Ink::default().add_modifier(Modifier::BOLD)))
}

fn rate_chart(frame: &mut Frame<'_>, area: Rect, picture: &Picture, style: Style) {
    let title = if picture.due.is_empty() { " req/s " } else { " req/s; iterations asked for (dim) " };
    let courses = [(&picture.due, Tone::Label), (&picture.rate, Tone::Good)];
    let top =
        courses.iter().flat_map(|(points, _)| points.iter()).fold(1.0_f64, |most, (_, y)| most.max(*y)) * 1.1;
    let label = |value: f64| rate(Some(value), style);
    chart(
        frame,
        area,
        &courses,
        Scale { end: end(picture), title, low: 0.0, top, labels: [0.0, top / 2.0, top].map(label) },
        style,
    );
}

/// Along a logarithm: a tail is many times the median.
fn latency_chart(frame: &mut Frame<'_>, area: Rect, picture: &Picture, style: Style) {
    let logs: Vec<Vec<(f64, f64)>> = picture
        .latency
        .iter()
        .map(|points| points.iter().map(|(x, y)| (*x, y.max(0.001).log10())).collect())
        .collect();
    let all = || logs.iter().flatten().map(|(_, y)| *y);
    let low = all().fold(f64::INFINITY, f64::min).min(0.0).floor();
    let top = all().fold(f64::NEG_INFINITY, f64::max).max(low + 1.0).ceil();
    let courses: Vec<(&Vec<(f64, f64)>, Tone)> =
        logs.iter().zip([Tone::Good, Tone::Warn, Tone::Bad]).collect();
    let label = |log: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive; saturates")]
        let nanos = Nanos((10.0_f64.powf(log) * 1e6) as u64);
        duration(Some(nanos), style)
    };
    let labels = [low, f64::midpoint(low, top), top].map(label);
    chart(
        frame,
        area,
        &courses,
        Scale { end: end(picture), title: " p50 p95 p99 (log) ", low, top, labels },
        style,
    );
}

fn end(picture: &Picture) -> f64 {
    picture.rate.last().map_or(1.0, |(x, _)| x.max(1.0))
}

struct Scale {
    /// The end of the run so far, in seconds.
    end: f64,
    title: &'static str,
    low: f64,
    top: f64,
    labels: [String; 3],
}

fn chart(
    frame: &mut Frame<'_>,
    area: Rect,
    courses: &[(&Vec<(f64, f64)>, Tone)],
    scale: Scale,
    style: Style,
) {
    let marker = if style.ascii { Marker::Dot } else { Marker::Braille };
    let sets: Vec<Dataset<'_>> = courses
        .iter()
        .map(|(points, tone)| {
            Dataset::default()
                .data(points)
                .graph_type(GraphType::Line)
                .marker(marker)
                .style(ink(*tone, style))
        })
        .collect();
    let dim = ink(Tone::Label, style);
    let y = Axis::default().bounds([scale.low, scale.top]).labels(scale.labels).style(dim);
    let x = Axis::default().bounds([0.0, scale.end]).style(dim);
    frame.render_widget(Chart::new(sets).block(block(scale.title.to_owned())).x_axis(x).y_axis(y), area);
}

/// A column of the endpoints' table.
struct Column {
    head: &'static str,
    width: u16,
    /// Whether narrow screens do without it.
    aside: bool,
    text: fn(&Row, Style) -> String,
}

const COLUMNS: [Column; 6] = [
    Column { head: "requests", width: 9, aside: true, text: |row, _| count(row.requests) },
    Column { head: "req/s", width: 9, aside: false, text: |row, style| rate(row.rate, style) },
    Column { head: "failed", width: 8, aside: false, text: |row, style| percent(row.errors, style) },
    Column { head: "p50", width: 10, aside: true, text: |row, style| duration(row.times[0], style) },
    Column { head: "p95", width: 10, aside: true, text: |row, style| duration(row.times[1], style) },
    Column { head: "p99", width: 10, aside: false, text: |row, style| duration(row.times[2], style) },
];

fn endpoints(frame: &mut Frame<'_>, area: Rect, picture: &Picture, state: &mut State, style: Style) {
    let all = state.rows(picture);
    state.at = state.at.min(all.len().saturating_sub(1));
    let filter = if state.filter.is_empty() { String::new() } else { format!(", with `{}`", state.filter) };
    let title = format!(" endpoints: {}{filter}; by {}; last 10 s ", all.len(), state.order.word());
    let room = usize::from(area.height.saturating_sub(2)).max(1);
    let first = state.at.saturating_sub(room - 1);
    let columns: Vec<&Column> = COLUMNS.iter().filter(|c| area.width >= WIDE || !c.aside).collect();
    let taken: u16 = columns.iter().map(|column| column.width + 1).sum();
    let name = usize::from(area.width.saturating_sub(taken));
    let line = |(i, row): (usize, &&Row)| {
        let cells = columns.iter().map(|column| right((column.text)(row, style)));
        let named = Cell::new(style.encode(&fit_middle(&row.name, name, style.ellipsis())));
        let cells: Vec<Cell<'_>> = std::iter::once(named).chain(cells).collect();
        let tone = if row.errors.is_some_and(|share| share > 0.0) { Tone::Bad } else { Tone::Plain };
        let chosen = if i == state.at { Modifier::REVERSED } else { Modifier::empty() };
        Cells::new(cells).style(ink(tone, style).add_modifier(chosen))
    };
    let rows: Vec<Cells<'_>> = all.iter().enumerate().skip(first).take(room).map(line).collect();
    let widths = columns.iter().map(|column| Constraint::Length(column.width));
    let widths = std::iter::once(Constraint::Min(0)).chain(widths);
    let heads = columns.iter().map(|column| right(column.head.to_owned()));
    let heads = std::iter::once(Cell::new("endpoint")).chain(heads);
    let table = Table::new(rows, widths)
        .header(Cells::new(heads).style(ink(Tone::Label, style)))
        .block(block(style.encode(&title)));
    frame.render_widget(table, area);
}

fn right(text: String) -> Cell<'static> {
    Cell::new(Text::from(text).right_aligned())
}

fn list(
    frame: &mut Frame<'_>,
    area: Rect,
    (title, lines): (&str, &[String]),
    state: &mut State,
    style: Style,
) {
    let room = usize::from(area.height.saturating_sub(1)).max(1);
    // Where it ends, it ends at the lower edge.
    state.at = state.at.min(lines.len().saturating_sub(room));
    let texts: Vec<Text<'_>> = lines
        .iter()
        .skip(state.at)
        .take(room)
        .map(|line| Text::raw(style.encode(&fit(line, usize::from(area.width), style.ellipsis()))))
        .collect();
    let empty =
        if lines.is_empty() { vec![Text::styled("nothing so far", ink(Tone::Label, style))] } else { texts };
    frame.render_widget(Paragraph::new(empty).block(block(format!(" {title} "))), area);
}
