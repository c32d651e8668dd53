//! The plan that `brunt demo` runs.

/// A mixed journey against the demo target, about 20 s long. Its `target` is where `brunt target mock --port 8080` listens: give
/// [`Overrides::target`](crate::Overrides::target) when lowering it.
pub const fn demo_plan() -> &'static str {
    include_str!("../plans/demo.yaml")
}
