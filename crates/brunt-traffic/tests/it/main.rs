//! The traffic twin.
mod export;
mod part;
mod site;
