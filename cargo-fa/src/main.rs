//! The program `cargo-fa`, which cargo runs as `cargo fa`.

fn main() {}
