//! The program `cargo-fa`, which cargo runs as `cargo fa`.

fn main() -> std::process::ExitCode {
    cargo_fa::run(std::env::args_os())
}
