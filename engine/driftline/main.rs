//! The command line.

mod cli;
#[cfg(target_os = "linux")]
mod memory;

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    memory::share_heaps();
    // Components are compiled in a process of this program; on Linux whatever becomes of its file meanwhile.
    if let Ok(program) = std::env::current_exe() {
        driftline::plugin::compile_in(if cfg!(target_os = "linux") { "/proc/self/exe".into() } else { program });
    }
    cli::main()
}
