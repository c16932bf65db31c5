//! The command line.

mod cli;
#[cfg(target_os = "linux")]
mod memory;

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    memory::share_heaps();
    // Components are compiled in a process of this program, whatever becomes of its file meanwhile.
    let program = if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() };
    if let Ok(program) = program {
        driftline::plugin::compile_in(program);
    }
    cli::main()
}
