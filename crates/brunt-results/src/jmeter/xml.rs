//! JTLs as XML (`SampleResultConverter.java` and `HTTPResultConverter.java` of <https://github.com/apache/jmeter>): an element a
//! sample, with its figures in attributes, read as a stream.
//!
//! Samples within a sample are its redirects and embedded resources, whose time is in it: as in `JMeter`'s own reports they
//! count for nothing. Those within a transaction controller's sample are requests as any other.

use super::{Jtl, MS, TRANSACTION, finish};
use crate::fold::Fold;
use crate::notes::{At, Notes};
use crate::number::{Comma, counted, instant, number};
use crate::source::{Source, cut};
use crate::table::sound;
use crate::{Kind, Results, ResultsError};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error, Reader, XmlVersion};
use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

/// The longest tag or text. Answers may stand in such files; what is longer is none that a load test keeps.
const MAX_PIECE: usize = 64 * 1024 * 1024;
/// Samples within samples. Redirects and resources nest twice.
const MAX_DEPTH: usize = 64;
/// What is kept of an assertion's words.
const MAX_WORDS: usize = 1_000;
/// What the file ends with.
const LAST: &str = "testResults";

/// Reads a JTL as XML.
pub(crate) fn read_xml(source: Source<'_>, name: &str, mut notes: Notes) -> Result<Results, ResultsError> {
    let mut fold = Fold::default();
    read(source, &mut fold, &mut notes);
    finish(fold, Kind::JmeterXml, name, notes)
}

fn read(source: Source<'_>, fold: &mut Fold, notes: &mut Notes) {
    let left = Rc::new(Cell::new(MAX_PIECE));
    let mut reader = Reader::from_reader(Bounded { inner: source.into_reader(), left: Rc::clone(&left) });
    let config = reader.config_mut();
    // Names of open elements are not kept: memory must not grow with how deep they nest.
    (config.check_end_names, config.allow_unmatched_ends) = (false, true);
    let mut state = State::default();
    let (mut line, mut buffer) = (1, Vec::new());
    loop {
        buffer.clear();
        left.set(MAX_PIECE);
        let at = At::line(line);
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(tag)) => state.open(&tag, at, notes),
            Ok(Event::Empty(tag)) => {
                state.open(&tag, at, notes);
                state.close(tag.name().as_ref(), fold, notes);
            }
            Ok(Event::End(tag)) if tag.name().as_ref() == LAST => return,
            Ok(Event::End(tag)) => state.close(tag.name().as_ref(), fold, notes),
            Ok(Event::Text(text)) => state.words(&text),
            Ok(Event::CData(text)) => state.words(&text),
            Ok(Event::GeneralRef(name)) => state.words(resolve(&name).as_str()),
            Ok(Event::Eof) => {
                return notes.cut(at, "the file was cut off here: it lacks `</testResults>`, its end");
            }
            Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
            Err(error) => return notes.cut(at, ended(&error)),
        }
        if state.samples.len() > MAX_DEPTH {
            return notes.cut(at, "samples nest deeper than any that JMeter writes: read up to here");
        }
        line += buffer.split(|b| *b == b'\n').count() as u64 - 1;
    }
}

/// Why reading ends.
fn ended(error: &Error) -> String {
    if let Error::Io(e) = error
        && cut(e)
    {
        return format!("the compressed file ends here, cut off or damaged ({e}): read up to here");
    }
    if let Error::Syntax(e) = error {
        return format!("the file was cut off here, or is damaged ({e}): read up to here");
    }
    format!("the file cannot be read on from here: {}", crate::words::shown(&error.to_string()))
}

/// `&lt;` and its like; what else is named is left out.
fn resolve(reference: &quick_xml::events::BytesRef<'_>) -> String {
    let character = reference.resolve_char_ref().ok().flatten().map(String::from);
    character.or_else(|| resolve_predefined_entity(reference).map(str::to_owned)).unwrap_or_default()
}

/// Whose text is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Text {
    #[default]
    PassedOver,
    /// What an assertion says that did not hold.
    Failure,
    Url,
}

#[derive(Debug, Default)]
struct State {
    /// Those that are open, the innermost last.
    samples: Vec<Sample>,
    text: Text,
}

/// An element that is open.
#[derive(Debug, Default)]
struct Sample {
    at: At,
    /// Whether it stands by itself.
    counts: bool,
    is_transaction: bool,
    attributes: Vec<(String, String)>,
    failure: String,
    has_url: bool,
}

impl State {
    fn open(&mut self, tag: &BytesStart<'_>, at: At, notes: &mut Notes) {
        match tag.name().as_ref() {
            "httpSample" | "sample" => {
                let attributes: Vec<(String, String)> = tag
                    .attributes()
                    .with_checks(false)
                    .filter_map(Result::ok)
                    .map(|a| {
                        let name = a.key.as_ref().to_owned();
                        let value = a
                            .normalized_value(XmlVersion::Implicit1_0)
                            .map_or_else(|_| a.value.to_string(), Cow::into_owned);
                        (name, value)
                    })
                    .collect();
                let counts = self.samples.last().is_none_or(|outer| outer.counts && outer.is_transaction);
                let mut sample = Sample { at, counts, attributes, ..Sample::default() };
                sample.is_transaction = sample.text("rm").starts_with(TRANSACTION);
                if sample.text("t").is_empty() && sample.text("ts").is_empty() {
                    notes.problem("samples without figures", at, || {
                        "a sample has neither `t` nor `ts`: is it of JMeter before 2.1?".to_owned()
                    });
                }
                self.samples.push(sample);
            }
            "failureMessage" => self.text = Text::Failure,
            "java.net.URL" => self.text = Text::Url,
            _ => self.text = Text::PassedOver,
        }
    }

    fn words(&mut self, text: &str) {
        let Some(sample) = self.samples.last_mut() else { return };
        match self.text {
            Text::PassedOver => {}
            Text::Failure => {
                let room = MAX_WORDS.saturating_sub(sample.failure.len());
                sample.failure.extend(text.chars().take(room));
            }
            Text::Url => sample.has_url |= !text.trim().is_empty(),
        }
    }

    fn close(&mut self, name: &str, fold: &mut Fold, notes: &mut Notes) {
        self.text = Text::PassedOver;
        if !matches!(name, "httpSample" | "sample") {
            return;
        }
        if let Some(sample) = self.samples.pop().filter(|sample| sample.counts) {
            sample.add(fold, notes);
        }
    }
}

impl Sample {
    fn text(&self, name: &str) -> &str {
        self.attributes.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str())
    }

    fn number(&self, name: &str, notes: &mut Notes) -> Option<f64> {
        let text = self.text(name);
        if text.trim().is_empty() {
            return None;
        }
        let found = number(text, Comma::IsPoint).map(|n| n.value);
        if found.is_none() {
            let shown = crate::words::shown(text);
            notes
                .problem("no numbers", self.at, || format!("`{name}=\"{shown}\"` is no number: passed over"));
        }
        found
    }

    fn add(&self, fold: &mut Fold, notes: &mut Notes) {
        let Some(began) = instant(self.text("ts"), Comma::IsPoint) else {
            let shown = crate::words::shown(self.text("ts"));
            return notes.problem("no instants", self.at, || {
                format!("`ts=\"{shown}\"` is no time: the sample is left out")
            });
        };
        let Some(elapsed) = self.number("t", notes) else { return };
        let Some(elapsed) = sound(elapsed * MS, self.at, notes) else { return };
        let mut time = |name| {
            let ms = self.number(name, notes).unwrap_or(0.0);
            sound(ms * MS, self.at, notes).unwrap_or_default()
        };
        let (connect, latency) = (time("ct"), time("lt"));
        let mut count = |name| self.number(name, notes).map(counted);
        let (bytes, sent, users, samples) = (count("by"), count("sby"), count("ng"), count("sc"));
        let jtl = Jtl {
            at: self.at,
            began,
            elapsed,
            label: self.text("lb"),
            code: self.text("rc"),
            message: self.text("rm"),
            failure: &self.failure,
            thread: self.text("tn"),
            success: self.text("s"),
            bare: !self.has_url && self.text("dt").is_empty(),
            bytes: bytes.unwrap_or(0),
            sent: sent.unwrap_or(0),
            users,
            connect,
            latency,
            samples: samples.unwrap_or(1),
        };
        jtl.add(fold, notes);
    }
}

/// A reader that ends in an error where one piece of a file would take too much memory.
struct Bounded<R> {
    inner: R,
    left: Rc<Cell<usize>>,
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left.get() == 0 {
            return Err(io::Error::other("a tag or a text of more than 64 MiB"));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.left.set(self.left.get().saturating_sub(amount));
        self.inner.consume(amount);
    }
}
