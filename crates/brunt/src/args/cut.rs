//! What may be done with results that have no end: the same for all that judge.

use brunt_gate::Unended;

#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct CutArgs {
    /// Judge what there is of results without an end: a file that was cut off, a record of a run that was killed, cut, or is
    /// damaged; without this they are not judged
    #[arg(long)]
    accept_cut: bool,
}

impl CutArgs {
    /// What they are taken for.
    pub(crate) const fn unended(self) -> Unended {
        if self.accept_cut { Unended::Accepted } else { Unended::Cut }
    }
}
