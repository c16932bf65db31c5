use super::{Language, Project, run};
use std::path::PathBuf;
use std::process::Command;

pub(super) const JAVASCRIPT: Language = Language {
    name: "javascript",
    title: "JavaScript",
    files: &[
        ("plugin.js", include_str!("../../../templates/javascript/plugin.js")),
        ("package.json", include_str!("../../../templates/javascript/package.json")),
    ],
    toolchain: "It takes Node.js and, once, `npm install`. componentize-js imports preview2-shim without asking for it, so `package.json` names\n\
                both, in versions that work together. Of npm's packages those come along that are bundled into `plugin.js`. The engine\n\
                comes into the component (12 MB); the first run compiles it for half a minute, and `driftline plugin compile` does so\n\
                ahead of time.",
    build,
};

/// Versions that work together, as in the template's package.json.
const VERSIONS: &str = "@bytecodealliance/componentize-js@0.23.0 @bytecodealliance/preview2-shim@0.25.0";

fn build(project: &Project) -> Result<Vec<u8>, String> {
    let made = project.work.path().join("component.wasm");
    let mut command = Command::new(componentize_js(project)?);
    command.current_dir(&project.folder).args(["plugin.js", "--wit"]).arg(project.wit()?).args(["-n", &project.world]);
    // What it prints to stderr goes to the log, and stdout with a grant; a plugin has no network.
    let built = run(command.args(["-d", "http", "fetch-event", "-o"]).arg(&made));
    match built {
        Ok(()) => project.read(&made),
        Err(failed) => Err(match wrong_syntax(project) {
            Some(said) => format!("{failed}\n{said}"),
            None => failed,
        }),
    }
}

/// The folder's own componentize-js, else one on PATH. An error says why it does not run.
fn componentize_js(project: &Project) -> Result<PathBuf, String> {
    let own = project.folder.join("node_modules/.bin/componentize-js");
    let program = if own.exists() { own } else { PathBuf::from("componentize-js") };
    match Command::new(&program).arg("--version").output() {
        Ok(answer) if answer.status.success() => Ok(program),
        Ok(answer) => {
            let said = String::from_utf8_lossy(&answer.stderr).trim().to_owned();
            Err(format!("{said}\n`{}` does not run, see above; these work together: `npm install --save-dev {VERSIONS}`", program.display()))
        }
        Err(_) => Err("componentize-js is missing: run `npm install` in the plugin's folder (it takes Node.js)".into()),
    }
}

/// What Node says of plugin.js, if it is no JavaScript: componentize-js does not say where.
fn wrong_syntax(project: &Project) -> Option<String> {
    let checked = Command::new("node").current_dir(&project.folder).args(["--check", "plugin.js"]).output().ok()?;
    let said = String::from_utf8_lossy(&checked.stderr).trim().to_owned();
    (!checked.status.success()).then(|| format!("`node --check plugin.js` says:\n{said}"))
}
