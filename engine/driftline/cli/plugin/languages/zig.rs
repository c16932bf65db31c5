use super::{C_BINDINGS, Language, Project, c, run};
use std::process::Stdio;

pub(super) const ZIG: Language = Language {
    name: "zig",
    title: "Zig",
    files: &[C_BINDINGS[0].1[0], C_BINDINGS[0].1[1], ("plugin.zig", include_str!("../../../templates/zig/plugin.zig"))],
    toolchain: "It takes Zig: `pip install ziglang`, or https://ziglang.org. `bindings/` speaks the contract, in C; it is translated for the\n\
                import `contract`, and not edited by hand.",
    build,
};

fn build(project: &Project) -> Result<Vec<u8>, String> {
    let (bindings, made) = (project.bindings()?.join("bindings"), project.work.path().join("core.wasm"));
    let (all, contract) = (project.work.path().join("all.h"), project.work.path().join("contract.zig"));
    let header = format!("#include <stdlib.h>\n#include \"{}.h\"\n", project.world.replace('-', "_"));
    std::fs::write(&all, header).map_err(|e| format!("{}: {e}", all.display()))?;
    let translated = c::zig(project)?.args(["translate-c", "-lc", "-target", "wasm32-wasi", "-I"]).arg(&bindings).arg(&all).stderr(Stdio::inherit()).output();
    let translated = translated.map_err(|e| format!("`zig translate-c` cannot be started: {e}"))?;
    if !translated.status.success() {
        return Err("`zig translate-c` failed; its messages are above".into());
    }
    std::fs::write(&contract, &translated.stdout).map_err(|e| format!("{}: {e}", contract.display()))?;
    let mut zig = c::zig(project)?;
    zig.current_dir(&project.folder).args(["build-exe", "-target", "wasm32-wasi", "-mcpu", "generic+simd128", "-mexec-model=reactor", "-rdynamic", "-fstrip", "--stack", "1048576", "-O", "ReleaseFast", "-lc"]);
    zig.arg("-I").arg(&bindings).args(project.sources("c")?).arg(project.described()?);
    zig.args(["--dep", "contract", "-Mroot=plugin.zig"]).arg(format!("-Mcontract={}", contract.display()));
    run(zig.arg(format!("-femit-bin={}", made.display())))?;
    project.component(&made)
}
