//! The traffic twin.
mod anomaly;
mod export;
mod part;
mod site;
