//! What `brunt plot` is asked for.

use brunt_figure::{Kind, Metric, POINTS};
use clap::builder::PossibleValuesParser;
use std::path::PathBuf;

/// What draws all figures.
const ALL: &str = "all";

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PlotArgs {
    /// Which figure; without one, they are listed. `all`: each that the runs can give, into a folder
    #[arg(value_parser = kinds(), hide_possible_values = true)]
    pub(crate) kind: Option<String>,
    /// Runs: ids or their beginnings, `last`, folders, or result files of any tool; NAME=RUN names one
    #[arg(value_name = "RUN")]
    pub(crate) inputs: Vec<String>,
    /// Where to: a file that ends in .svg, .png, .csv or .json (the figure as data); `-`: SVG to standard output. Of `all`,
    /// a folder [default: KIND.svg, or figures/]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// What is shown where a figure shows one
    #[arg(long, value_name = "METRIC", default_value = "p95", value_parser = metrics())]
    pub(crate) metric: String,
    /// Only endpoints with this in their names; may be given again
    #[arg(long, value_name = "TEXT")]
    pub(crate) endpoint: Vec<String>,
    /// A line at a response time, as `300ms` or `p95=300ms`; may be given again
    #[arg(long, value_name = "[NAME=]TIME")]
    pub(crate) limit: Vec<String>,
    /// The most points of a line: longer runs are put together from their histograms
    #[arg(long, value_name = "N", default_value_t = POINTS)]
    pub(crate) points: usize,
    /// The width, in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 960)]
    pub(crate) width: u16,
    /// Light on dark
    #[arg(long)]
    pub(crate) dark: bool,
    /// The folder of records
    #[arg(long, value_name = "FOLDER", default_value = "brunt-runs")]
    pub(crate) runs: PathBuf,
}

fn kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(Kind::ALL.into_iter().map(Kind::name).chain(std::iter::once(ALL)))
}

fn metrics() -> PossibleValuesParser {
    PossibleValuesParser::new(Metric::ALL.map(Metric::name))
}
