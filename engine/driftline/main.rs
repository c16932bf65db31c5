//! The command line.

mod cli;
#[cfg(target_os = "linux")]
mod memory;

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    memory::share_heaps();
    cli::main()
}
