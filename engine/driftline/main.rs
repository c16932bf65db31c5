//! The command line.

mod cli;
mod memory;

use std::process::ExitCode;

fn main() -> ExitCode {
    memory::tune();
    cli::main()
}
