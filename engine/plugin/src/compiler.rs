//! Compiles components in a process of its own: nothing in a component says how long the compiler takes for it and how much memory, and a
//! process can be stopped.

use crate::cache::{compilable, first_line, is_component};
use crate::host;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use wasmtime::Engine;
use wasmtime::component::Component;

/// Most memory of the compiling process. Python's interpreter takes a tenth.
const MOST_MEMORY: u64 = 4 << 30;

/// Most bytes of compiled code.
const MOST_CODE: u64 = 1 << 30;

/// The command of a program that calls [`serve`].
pub const COMMAND: [&str; 2] = ["plugin", "compile-stdin"];

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Names the program whose [`COMMAND`] compiles. Without one, components are compiled in this process, which nothing bounds.
pub fn compile_in(program: PathBuf) {
    // The first one stays.
    let _ = PROGRAM.set(program);
}

/// Reads a component from stdin and writes its code to stdout; ends after so many seconds, whatever happens to the process that waits for it.
pub fn serve(seconds: u64) -> Result<(), String> {
    bound();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(seconds));
        std::process::exit(1);
    });
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    let code = compiled(&host::engine()?, &bytes)?.serialize().map_err(|e| first_line(&e))?;
    std::io::stdout().lock().write_all(&code).map_err(|e| e.to_string())
}

fn bound() {
    // SAFETY: says what becomes of this process when the one that waits for it ends.
    #[cfg(target_os = "linux")]
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
    }
    let limit = libc::rlimit { rlim_cur: MOST_MEMORY, rlim_max: MOST_MEMORY };
    // SAFETY: sets a number of this process; where the system refuses, its memory is bounded by nothing else.
    unsafe { libc::setrlimit(libc::RLIMIT_DATA, &limit) };
}

fn compiled(engine: &Engine, bytes: &[u8]) -> Result<Component, String> {
    Component::new(engine, bytes).map_err(|e| format!("not a WebAssembly component: {}", first_line(&e)))
}

/// Compiles a component within a time.
pub(crate) fn compile(engine: &Engine, bytes: &[u8], most: Duration) -> Result<Component, String> {
    is_component(bytes)?;
    compilable(bytes)?;
    let Some(program) = PROGRAM.get() else { return compiled(engine, bytes) };
    let mut command = Command::new(program);
    command.args(COMMAND).arg(most.as_secs().saturating_add(1).to_string());
    let child = command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(|e| format!("it cannot be compiled: {}: {e}", program.display()))?;
    let ended = talk(&mut child, bytes, most);
    // It has ended, or is not wanted any more.
    let _ = child.kill();
    let _ = child.wait();
    let code = ended?;
    // SAFETY: the code is what this program's own process has given, which reads nothing but the component and cannot be reached by others.
    unsafe { Component::deserialize(engine, code) }.map_err(|e| first_line(&e))
}

/// Gives the process the component, and takes the code from it.
fn talk(child: &mut Child, bytes: &[u8], most: Duration) -> Result<Vec<u8>, String> {
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
        return Err("internal error: the compiling process has no pipes".into());
    };
    let all = |from: &mut dyn Read, most: u64| {
        let mut bytes = Vec::new();
        // What was cut off is no code that loads.
        let _ = from.take(most).read_to_end(&mut bytes);
        bytes
    };
    std::thread::scope(|scope| {
        // A process that ends early does not read all; its exit says why.
        scope.spawn(move || drop(stdin.write_all(bytes)));
        let code = scope.spawn(move || all(&mut { stdout }, MOST_CODE));
        let words = scope.spawn(move || all(&mut { stderr }, 4096));
        // Times beyond those of the clock are no limit.
        let until = Instant::now().checked_add(most);
        let mut pause = Duration::from_millis(1);
        let status = loop {
            match child.try_wait().map_err(|e| e.to_string())? {
                Some(status) => break status,
                None if until.is_some_and(|until| Instant::now() >= until) => {
                    // Its pipes end with it.
                    let _ = child.kill();
                    return Err(format!("compiling it took longer than its compile_time limit of {most:?}"));
                }
                None => std::thread::sleep(pause),
            }
            pause = (pause * 2).min(Duration::from_millis(20));
        };
        let (code, words) = (code.join().unwrap_or_default(), words.join().unwrap_or_default());
        let words = String::from_utf8_lossy(&words);
        match (status.success(), words.lines().next()) {
            (true, _) => Ok(code),
            (false, _) if words.contains("memory allocation") => Err(format!("compiling it took more than {} of memory", bytesize::ByteSize(MOST_MEMORY).display().iec())),
            (false, Some(words)) if status.code().is_some() => Err(words.to_owned()),
            (false, _) => Err(format!("the process that compiled it ended: {status}")),
        }
    })
}
