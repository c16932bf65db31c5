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
