//! moot.
fn main() {}
