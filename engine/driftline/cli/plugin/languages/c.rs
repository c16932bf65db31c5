use super::{C_BINDINGS, Language, Project, find, run};
use std::path::PathBuf;
use std::process::Command;

pub(super) const C: Language = Language {
    name: "c",
    title: "C",
    files: &[C_BINDINGS[0].1[0], C_BINDINGS[0].1[1], ("plugin.c", include_str!("../../../templates/c/plugin.c"))],
    toolchain: TOOLCHAIN,
    build: |project| compile(project, "c"),
};

pub(super) const TOOLCHAIN: &str =
    "It takes Zig, which brings a C and C++ compiler with a library for WebAssembly: `pip install ziglang`, or https://ziglang.org. With\n\
     `WASI_SDK_PATH` set, that folder's clang is used instead. All files in this folder and in `bindings/` are compiled; the latter\n\
     speak the contract and are not edited by hand.";

/// Compiles the folder's sources, and those of the bindings, to a module and makes a component of it.
pub(super) fn compile(project: &Project, extension: &str) -> Result<Vec<u8>, String> {
    let made = project.work.path().join("core.wasm");
    let mut objects = Vec::new();
    let mut sources: Vec<(PathBuf, &str)> = project.sources("c")?.into_iter().map(|path| (path, "c")).collect();
    sources.push((project.described()?, "c"));
    if extension != "c" {
        sources.extend(project.sources(extension)?.into_iter().map(|path| (path, extension)));
    }
    for (i, (source, language)) in sources.iter().enumerate() {
        let object = project.work.path().join(format!("{i}.o"));
        let mut compiler = compiler(project, language != &"c")?;
        // Zig defines NDEBUG with -O3, which would take `assert` away.
        compiler.args(["-c", "-O3", "-UNDEBUG", "-msimd128", "-g0", if *language == "c" { "-std=gnu17" } else { "-std=gnu++20" }]);
        if *language != "c" {
            compiler.args(["-fno-exceptions", "-fno-rtti"]);
        }
        // No path of this machine belongs into a component.
        compiler.arg(format!("-ffile-prefix-map={}=.", project.folder.display()));
        compiler.arg(format!("-ffile-prefix-map={}=.", project.work.path().display())).arg("-I").arg(project.bindings()?);
        run(compiler.arg("-o").arg(&object).arg(source))?;
        objects.push(object);
    }
    let mut linker = compiler(project, extension != "c")?;
    run(linker.args(["-mexec-model=reactor", "-Wl,--strip-all", "-Wl,--gc-sections", STACK, "-o"]).arg(&made).args(&objects))?;
    project.component(&made)
}

fn compiler(project: &Project, cpp: bool) -> Result<Command, String> {
    if let Some(sdk) = std::env::var_os("WASI_SDK_PATH").map(PathBuf::from) {
        let mut command = Command::new(sdk.join("bin").join(if cpp { "clang++" } else { "clang" }));
        command.arg("--target=wasm32-wasip1").arg(format!("--sysroot={}", sdk.join("share/wasi-sysroot").display()));
        return Ok(command);
    }
    let mut command = zig(project)?;
    command.args([if cpp { "c++" } else { "cc" }, "--target=wasm32-wasi", "-mcpu=generic+simd128"]);
    Ok(command)
}

/// A mebibyte: a larger one is memory of every instance.
const STACK: &str = "-Wl,-z,stack-size=1048576";

/// Zig, as a program or as Python's package.
pub(super) fn zig(project: &Project) -> Result<Command, String> {
    let candidates: [(PathBuf, &[&str]); 4] = [
        ("zig".into(), &[]),
        ("python-zig".into(), &[]),
        ("python3".into(), &["-m", "ziglang"]),
        (project.folder.join(".venv/bin/python3"), &["-m", "ziglang"]),
    ];
    let (program, first) = find(&candidates, "version").ok_or("Zig is missing: `pip install ziglang`, or https://ziglang.org (or set WASI_SDK_PATH for C and C++)")?;
    let mut command = Command::new(program);
    command.args(first);
    Ok(command)
}
