//! Results of load tests, whatever tool made them, as a run.
//!
//! A file is recognised by what is in it, never by its name, and becomes what a run of ours is: totals always, and where
//! the source has samples the same events that a live run gives, so that all that judges, compares and draws serves for
//! them too. What a source cannot tell is said and never made up.
