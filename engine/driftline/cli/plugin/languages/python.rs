use super::{Language, Project, find, run};
use std::path::PathBuf;
use std::process::Command;

pub(super) const PYTHON: Language = Language {
    name: "python",
    title: "Python",
    files: &[
        ("plugin.py", include_str!("../../../templates/python/plugin.py")),
        ("metrics.py", include_str!("../../../templates/python/metrics.py")),
    ],
    toolchain: "It takes componentize-py: `pip install componentize-py`, here or in a `.venv` of this folder. The interpreter comes into the\n\
                component (18 MB), with what its modules import at their top; the first run compiles it for half a minute, and\n\
                `driftline plugin compile` does so ahead of time.",
    build,
};

fn build(project: &Project) -> Result<Vec<u8>, String> {
    let candidates: [(PathBuf, &[&str]); 2] = [(project.folder.join(".venv/bin/componentize-py"), &[]), ("componentize-py".into(), &[])];
    let (program, _) = find(&candidates, "--version").ok_or("componentize-py is missing: `pip install componentize-py`")?;
    let made = project.work.path().join("component.wasm");
    let mut command = Command::new(program);
    // Packages of the folder's own environment come along, be it activated or not.
    let environment = project.folder.join(".venv");
    if environment.is_dir() {
        command.env("VIRTUAL_ENV", environment);
    }
    // Its WASI is what the host gives: stderr goes to the log, and nothing else is there unless the spec grants it.
    command.current_dir(&project.folder).arg("-d").arg(project.wit()?).args(["-w", &project.world, "componentize", "plugin", "-o"]).arg(&made);
    run(&mut command)?;
    project.read(&made)
}
