//! The traffic twin.
mod export;
mod site;
