//! What is sampled beside the load, put between the events of a run.

use crate::exit;
use crate::run::Refusal;
use brunt_probe::Probes;
use brunt_run::RunEvent;
use brunt_workload::{MetricSource, TlsSettings};

/// The sources of metrics of a run, if it has any. The samplers have threads of their own; nothing here waits for them
/// but the end of the run, for a moment.
pub(crate) struct Beside {
    probes: Option<Probes>,
}

impl Beside {
    /// Begins to watch. Pages of metrics trust whom the load trusts.
    pub(crate) fn start(sources: &[MetricSource], tls: &TlsSettings) -> Result<Self, Refusal> {
        if sources.is_empty() {
            return Ok(Self { probes: None });
        }
        let probes = Probes::start(sources, tls).map_err(|e| {
            Refusal::new(
                exit::INTERNAL,
                format!("cannot start a thread for a source of metrics: {e}\n  = help: see `ulimit -u`"),
            )
        })?;
        Ok(Self { probes: Some(probes) })
    }

    /// Passes on an event of the run, what the sources said of the second before it ahead of it.
    pub(crate) fn through(&mut self, event: &RunEvent, pass: &mut dyn FnMut(&RunEvent)) {
        let Some(probes) = &mut self.probes else { return pass(event) };
        let said = match event {
            RunEvent::Second(_) => probes.take(),
            RunEvent::Finished(_) => probes.finish(),
            RunEvent::Started(_)
            | RunEvent::Phase(_)
            | RunEvent::Host(_)
            | RunEvent::ResourceSeries(_)
            | RunEvent::Resources(_)
            | RunEvent::ErrorDetail(_)
            | RunEvent::Warning(_)
            | RunEvent::Mark(_)
            | RunEvent::Verdict(_) => Vec::new(),
        };
        said.iter().for_each(&mut *pass);
        pass(event);
        if let RunEvent::Second(second) = event {
            probes.ask(second.index);
        }
    }
}
