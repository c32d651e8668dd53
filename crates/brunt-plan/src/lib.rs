//! Plan text (YAML, JSON, TOML) to a workload, with diagnostics that point.
