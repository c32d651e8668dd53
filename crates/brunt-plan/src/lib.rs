//! Plan text (YAML, JSON, TOML) and command-line options to a [`Workload`](brunt_workload::Workload), or to
//! every problem at once, each with its place.
//!
//! Reading order:
//!
//! * [`Source`] is a plan's text with its name and format; reading it gives a tree whose nodes all know where
//!   they stand;
//! * [`PLAN`] describes the language: every object and field with type, words and example. Decoding,
//!   [`json_schema`] and [`reference_markdown`] all follow it, so they cannot drift apart;
//! * [`Overrides`] says what is laid over the tree before: profiles, environments, [`PRESETS`], variables;
//! * [`lower`] turns the tree into a workload; all validation lives there. [`lower_quick`] writes the options
//!   of a command line as the same tree and goes the same way;
//! * [`Report`] holds what was found, and renders it;
//! * [`lowered_json`] prints a workload for the run's record, without secrets.
//!
//! The crate knows no engine and no sockets. Files that a plan names are read by a function that is passed in.

mod tree;

mod diagnostic;

mod source;

mod read;

mod units;

mod fields;

mod schema;

mod decode;

mod objective;

mod openslo;

mod preset;

mod overlay;

mod lower;

mod import;

mod quick;

mod print;

mod demo;

pub use demo::demo_plan;
pub use diagnostic::{Diagnostic, Report, Severity, Style, render};
pub use fields::{Field, Object, PLAN, Type};
pub use import::{
    Correlate, ExportTo, Exported, Foreign, Hosts, ImportOptions, Imported, LocustSettings, NotExportable,
    SecretValues, convert_plan, export, import, import_with, locust_settings, lower_foreign, recognise,
};
pub use lower::{DEFAULT_MAX_USERS, Loader, Lowered, Overrides, Surroundings, TagFilter, lower};
pub use objective::{objective_of_text, objectives_of_file};
pub use overlay::{Environment, LoadOverride, Profiles, is_plan, profiles};
pub use preset::{PRESETS, Preset, Shape};
pub use print::lowered_json;
pub use quick::{QuickBody, QuickOptions, lower_quick};
pub use schema::{json_schema, reference_markdown};
pub use source::{Format, MAX_PLAN_BYTES, Source};
pub use tree::Span;
pub use units::{
    MAX_DURATION, MAX_RATE, UnitProblem, duration_text, parse_duration, parse_duration_cli, parse_rate,
    parse_rate_cli, parse_size, rate_text,
};
