//! The dispatcher, the clocks, the VU seam and the drivers.
