use super::{Language, Project, find, run};
use std::path::PathBuf;
use std::process::Command;

pub(super) const JAVASCRIPT: Language = Language {
    name: "javascript",
    title: "JavaScript",
    files: &[
        ("plugin.js", include_str!("../../../templates/javascript/plugin.js")),
        ("package.json", include_str!("../../../templates/javascript/package.json")),
    ],
    toolchain: "It takes Node.js and, once, `npm install`. The engine comes into the component (12 MB); the first run compiles it for half a\n\
                minute, and `driftline plugin compile` does so ahead of time.",
    build,
};

fn build(project: &Project) -> Result<Vec<u8>, String> {
    let candidates: [(PathBuf, &[&str]); 2] = [(project.folder.join("node_modules/.bin/componentize-js"), &[]), ("componentize-js".into(), &[])];
    let (program, _) = find(&candidates, "--help").ok_or("componentize-js is missing: run `npm install` in the plugin's folder (it takes Node.js)")?;
    let made = project.work.path().join("component.wasm");
    let mut command = Command::new(program);
    command.current_dir(&project.folder).args(["plugin.js", "--wit"]).arg(project.wit()?).args(["-n", &project.world]);
    // What it prints to stderr goes to the log, and stdout with a grant; a plugin has no network.
    run(command.args(["-d", "http", "fetch-event", "-o"]).arg(&made))?;
    project.read(&made)
}
