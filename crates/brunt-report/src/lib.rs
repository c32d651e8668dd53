//! Run records to files other tools read.
