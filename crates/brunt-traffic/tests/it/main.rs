//! The traffic twin.
mod anomaly;
mod export;
mod site;
