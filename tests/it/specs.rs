//! Wrong specs as pages that people read: `tests/specs/invalid/NAME.toml` and what Driftline prints for it beside it.
//! `DRIFTLINE_COMPLETE=1 cargo test --release` fills in what is printed today, for a human to review.

use crate::support::{driftline, root, text};

#[test]
fn every_wrong_spec_prints_its_page() {
    let folder = root().join("tests/specs/invalid");
    let entries = std::fs::read_dir(&folder).expect("the folder");
    let mut specs: Vec<_> = entries.map(|e| e.expect("an entry").path()).filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    specs.sort();
    assert!(specs.len() >= 25, "{}", specs.len());
    let complete = std::env::var_os("DRIFTLINE_COMPLETE").is_some();
    let mut wrong = Vec::new();
    for spec in specs {
        let name = spec.file_name().expect("a name");
        let output = driftline().current_dir(&folder).arg("run").arg(name).env("DRIFTLINE_LOG", "off").output().expect("runs");
        let page = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{}: {page}", spec.display());
        let expected = spec.with_extension("txt");
        if complete {
            std::fs::write(&expected, &page).expect("written");
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != page {
            wrong.push(format!("{}:\n{page}", spec.display()));
        }
    }
    assert!(wrong.is_empty(), "other pages than expected:\n{}", wrong.join("\n"));
}
