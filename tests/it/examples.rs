//! The examples run and find what their READMEs say.

use crate::support::{checks, outcome, root};

#[test]
fn music_finds_the_drift_that_was_put_in_and_no_other() {
    let found = outcome(&root().join("monitor.toml"));
    assert_eq!(found["schema"], "driftline.outcome/1");
    let statuses: Vec<(String, String)> =
        checks(&found).into_iter().map(|(id, c)| (id, c["status"].as_str().unwrap_or_default().to_owned())).collect();
    let status = |id: &str| statuses.iter().find(|(i, _)| i == id).map(|(_, s)| s.as_str()).unwrap_or("absent");
    for k in 1..=13 {
        assert_eq!(status(&format!("mfcc_drift.mfcc_{k}")), "fail", "the clips are duller");
    }
    assert_eq!(status("clipped"), "fail", "one clip in eight is clipped");
    assert_eq!(status("rounded_tempo"), "warn", "half of the tempos are whole");
    for calm in ["number_drift.tempo", "number_drift.confidence", "column_types", "duplicated_rows", "accuracy"] {
        assert_eq!(status(calm), "pass");
    }
}

#[test]
fn clinical_tells_the_shifted_tables_from_the_random_ones() {
    let found = outcome(&root().join("examples/clinical/monitor.toml"));
    let all = checks(&found);
    let drifted = all.iter().find(|(id, _)| id == "drifted_columns").expect("the check");
    assert_eq!(drifted.1["status"], "fail");
    let calm = outcome(&root().join("examples/clinical/random.toml"));
    let drifted = checks(&calm).into_iter().find(|(id, _)| id == "drifted_columns").expect("the check");
    assert_eq!(drifted.1["status"], "pass", "{}", drifted.1);
}

#[path = "../../examples/voice/prepare.rs"]
#[allow(dead_code)]
mod prepare;

/// Real recordings from Debian's packages, which CI installs; elsewhere the test is left out, aloud.
#[test]
fn voice_tells_french_from_english_and_english_from_nothing() {
    let sounds = std::path::Path::new("/usr/share/asterisk/sounds");
    let (english, french) = (sounds.join("en_US_f_Allison"), sounds.join("fr_CA_f_June"));
    if !french.is_dir() || !english.is_dir() {
        assert!(std::env::var_os("CI").is_none(), "CI must have the recordings");
        eprintln!("the recordings are not installed: this test was left out");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let drifted = |current: &std::path::Path| {
        for (side, from) in [("reference", english.as_path()), ("current", current)] {
            assert!(prepare::pack(from, &folder.path().join(format!("{side}.arrow"))).expect("packed") > 500);
        }
        let output = crate::support::driftline()
            .env("VOICE", folder.path())
            .args(["run", "-o", "json", "examples/voice/monitor.toml"])
            .output()
            .expect("runs");
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let check = checks(&found).into_iter().find(|(id, _)| id == "drifted_columns").expect("the check").1;
        check["fields"]["count"].as_f64().expect("a count")
    };
    assert!(drifted(&french) >= 10.0);
    assert_eq!(drifted(&english), 0.0);
}
