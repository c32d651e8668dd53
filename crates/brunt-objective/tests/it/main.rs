//! The grammar from outside: what is read, what is printed, what is refused.

mod grammar;
mod refused;
