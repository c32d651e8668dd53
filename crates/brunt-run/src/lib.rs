//! The run as data: events, the running totals that every view shows, and the record on disk.
//!
//! A run is a stream of [`RunEvent`]s. Producers (the engine, a cluster coordinator, a replayed file) send
//! them; observers (terminal, recorder, gate, web) implement [`Sink`] and know nothing else. So a live run
//! and a recorded one look the same, by construction.
//!
//! Start with [`RunEvent`]; then [`RunView`], which folds events into what people look at.

mod event;

mod resource;

mod verdict;

mod view;

mod summary;

mod record;

pub use event::{
    ErrorDetail, Finish, HostSecond, MAX_CURVE, MAX_DETAIL, Mark, MarkKind, PhaseChange, RunEvent, RunHeader,
    ScenarioHeader, SeriesName, Sink, StopReason, Warning, WarningKind,
};
pub use record::{
    CreateError, Ending, FindError, FormatVersion, LabelError, ListError, MAX_LABEL_NAME, MAX_LABEL_VALUE,
    MAX_LABELS, NewRecord, OpenError, Reader, RecordFile, RecordProblem, Recorder, RunState, RunSummary,
    RunTotals, TearReason, Torn, find_run, histogram_from_bytes, histogram_to_bytes, labels, list_runs,
    new_run_id, parse_label, parse_labels, run_at, run_folders, set_labels,
};
pub use resource::{MAX_RESOURCES, ResourceId, ResourceKind, ResourceSecond, ResourceSeries, ResourceUnit};
pub use summary::{
    CheckFigures, EndpointFigures, Figures, GroupFigures, LatencyFigures, PartFigures, PhasesApart,
    ResourceFigures, ScenarioFigures, SegmentFigures, Summary, SummaryError, TallyFigures, TallyValueFigures,
};
pub use verdict::{
    Broken, ObjectiveOutcome, ObjectiveUnit, Outlook, Standing, Verdict, VerdictReason, WorstWindow,
};
pub use view::{
    CheckView, CodeCount, EndpointView, ErrorView, HOT_WORKER, HealthFacts, HostPeaks, LATE_FLOOR,
    LATE_SHARE, LATE_VALUES, LatencyView, LeftOut, MAX_NOTES, MAX_SEGMENTS, MAX_TALLIED, MAX_TIMELINE,
    PRESSED_SHARE, ResourceView, RunSums, RunView, STALL_FLOOR, STALL_SHARE, STOLEN_SHARE, ScenarioView,
    SegmentView, TallyValueView, TallyView, TimelinePoint, WINDOW_SECONDS, Which, Window, WindowEndpoint,
};
