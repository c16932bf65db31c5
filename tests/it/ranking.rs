//! Rankings and recommendations against Evidently, scikit-learn and numpy: `tests/golden/evidently_ranking.json`.

use crate::support::{checks, outcome, root};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

fn golden() -> Vec<Value> {
    let text = std::fs::read_to_string(root().join("tests/golden/evidently_ranking.json")).expect("the goldens");
    serde_json::from_str(&text).expect("JSON")
}

fn string<'a>(options: &'a Value, name: &str, default: &'a str) -> &'a str {
    options[name].as_str().unwrap_or(default)
}

/// What a case's data is: table, reference, roles.
fn spec_of(options: &Value) -> String {
    let table = |side: &str| {
        let rows = match string(options, "rows", "all") {
            "all" => String::new(),
            rows => format!("{rows}_"),
        };
        format!("kind = \"parquet\"\npath = \"{}\"\n", root().join(format!("tests/golden/tables/ranking_{rows}{side}.parquet")).display())
    };
    let mut text = format!("[monitor]\nname = \"ranking\"\n[source.current]\n{}", table(string(options, "side", "cur")));
    if options["reference"] == true {
        write!(text, "[source.reference]\n{}", table("ref")).expect("a string");
    }
    let training = root().join("tests/golden/tables/ranking_train.parquet");
    let by = string(options, "by", "score");
    let target = string(options, "target", "target");
    write!(text, "[source.training]\nkind = \"parquet\"\npath = \"{}\"\n[columns]\nuser = \"user\"\nitem = \"item\"\n{by} = \"{by}\"\ntarget = \"{target}\"\ncategorical = [\"segment\"]\n", training.display()).expect("a string");
    text
}

const FEATURES: &str = "features = [\"f1\", \"f2\", \"f3\"]\n";

/// Metric, field and parameters that stand for a name in the goldens.
fn ours(name: &str, options: &Value) -> Option<(&'static str, &'static str, String)> {
    let is = |option: &str, value: &str| options[option] == value;
    let by_place = is("order", "sorted") && is("rows", "long") && options["k"].as_u64() <= Some(10);
    // The new interface's names for the same.
    let name = match name.strip_prefix("new ") {
        Some("PopularityBiasMetric") => match string(options, "metric", "") {
            "arp" => "PopularityBias apr",
            "coverage" => "PopularityBias coverage",
            _ => "PopularityBias gini",
        },
        Some("ScoreDistribution") => "ScoreDistribution entropy",
        Some(name) if name.ends_with("TopK") => return ours(&format!("{name}Metric"), options),
        Some(name @ ("NDCG" | "MRR" | "HitRate")) => return ours(&format!("{name}KMetric"), options),
        Some(name) => return ours(&format!("{name}Metric"), options),
        None => name,
    };
    let (metric, field, own): (_, _, &str) = match name {
        "PrecisionTopKMetric" => ("precision_at_k", "value", "over = \"shown\"\n"),
        "RecallTopKMetric" => ("recall_at_k", "value", ""),
        "FBetaTopKMetric" => ("f_beta_at_k", "value", "over = \"shown\"\n"),
        "MAPKMetric" if by_place => ("mean_average_precision", "value", "over = \"relevant\"\n"),
        "MARKMetric" if by_place => ("mean_average_recall", "value", "over = \"relevant\"\n"),
        "NDCGKMetric" => ("ndcg", "value", ""),
        "MRRKMetric" => ("mean_reciprocal_rank", "value", ""),
        "HitRateKMetric" => ("hit_rate", "value", ""),
        "DiversityMetric" => ("diversity", "value", "over = \"items\"\n"),
        "SerendipityMetric" => ("serendipity", "value", "over = \"training\"\n"),
        "NoveltyMetric" => ("novelty", "value", ""),
        "PersonalizationMetric" => ("personalization", "value", "over = \"k\"\n"),
        "PopularityBias apr" if options["normalize_arp"] == true => ("popularity_bias", "value", ""),
        "PopularityBias apr" => ("popularity_bias", "average_popularity", ""),
        "PopularityBias coverage" => ("popularity_bias", "coverage", ""),
        "PopularityBias gini" => ("popularity_bias", "gini_recommended", ""),
        "ScoreDistribution entropy" => ("score_entropy", "value", "of = \"all\"\n"),
        "sklearn_ndcg" if is("users", "with feedback") => ("ndcg", "value", ""),
        "sklearn_ndcg" => ("ndcg", "value", "users = \"all\"\n"),
        "right map" if is("over", "relevant") => ("mean_average_precision", "value", "over = \"relevant\"\n"),
        "right map" => ("mean_average_precision", "value", ""),
        "right mar" if is("over", "relevant") => ("mean_average_recall", "value", "over = \"relevant\"\n"),
        "right mar" => ("mean_average_recall", "value", ""),
        "right precision over k" => ("precision_at_k", "value", ""),
        "right diversity" if is("users", "of two items or more") => ("diversity", "value", ""),
        "right serendipity" => ("serendipity", "value", ""),
        "right personalization" if is("over", "the items") => ("personalization", "value", ""),
        "right gini" => ("popularity_bias", "gini", ""),
        "right coverage" => ("popularity_bias", "coverage", ""),
        "right score entropy" => ("score_entropy", "value", ""),
        _ => return None,
    };
    let mut parameters = format!("k = {}\n{own}", options["k"].as_u64().unwrap_or(1_000));
    if ["diversity", "serendipity"].contains(&metric) {
        parameters += FEATURES;
    }
    if options["no_feedback_users"] == true {
        parameters += "users = \"all\"\n";
    }
    for (theirs, name) in [("min_rel_score", "relevant_from"), ("beta", "beta")] {
        if let Some(number) = options[theirs].as_f64() {
            writeln!(parameters, "{name} = {number:?}").expect("a string");
        }
    }
    Some((metric, field, parameters))
}

/// The number that a case has for what is asked.
fn wanted(case: &Value) -> Option<f64> {
    let is_new = case["metric"].as_str().is_some_and(|name| name.starts_with("new "));
    let value = if case["options"]["reference"] == true && !is_new { &case["value"][0] } else { &case["value"] };
    let value = if value.is_object() { &value["value"] } else { value };
    match value.as_array() {
        Some(at) => at.get(case["options"]["k"].as_u64()? as usize - 1)?.as_f64(),
        None => value.as_f64(),
    }
}

#[test]
fn metrics_agree_with_evidently_scikit_learn_and_numpy() {
    let cases = golden();
    let mut runs: BTreeMap<String, Vec<(&Value, &str, String, f64)>> = BTreeMap::new();
    for case in cases.iter().filter(|case| case["options"]["rows"] != "apart") {
        let name = case["metric"].as_str().unwrap_or_default();
        if let (Some((metric, field, parameters)), Some(wanted)) = (ours(name, &case["options"]), wanted(case)) {
            runs.entry(spec_of(&case["options"])).or_default().push((case, field, format!("metric = \"{metric}\"\n{parameters}"), wanted));
        }
    }
    let (mut compared, mut failed) = (0, Vec::new());
    for (sources, asked) in runs {
        let folder = tempfile::tempdir().expect("a folder");
        let spec = folder.path().join("monitor.toml");
        let suite: String = asked.iter().enumerate().map(|(i, (_, _, check, _))| format!("[[suite.check]]\nname = \"check_{i}\"\n{check}fail = \"value == 0.123456789\"\n")).collect();
        std::fs::write(&spec, format!("{sources}[[suite]]\nname = \"s\"\n{suite}")).expect("written");
        let found: BTreeMap<String, Value> = checks(&outcome(&spec)).into_iter().collect();
        for (i, (case, field, _, wanted)) in asked.iter().enumerate() {
            let check = &found[&format!("check_{i}")];
            match check["fields"][*field].as_f64() {
                Some(ours) if (ours - wanted).abs() <= 1e-12 * wanted.abs().max(1.0) => compared += 1,
                ours => failed.push(format!("{} {}: {ours:?} for {wanted} ({})", case["metric"], case["options"], check["message"])),
            }
        }
    }
    println!("{compared} numbers of rankings");
    assert!(failed.is_empty() && compared > 500, "{compared}; {} of them:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn tests_give_evidentlys_statuses() {
    let cases = golden();
    let mut runs: BTreeMap<String, Vec<(&Value, String)>> = BTreeMap::new();
    for case in &cases {
        let options = &case["options"];
        let new = case["metric"].as_str().and_then(|name| name.strip_prefix("new ")).filter(|_| case["tests"][0].is_string());
        let Some(name) = case["test"].as_str().or(new) else { continue };
        // What Evidently gives for k is that of k + 1 items, but for the first two.
        let at_next = ["TestPrecisionTopK", "TestRecallTopK", "TestFBetaTopK", "TestHitRateK"].contains(&name);
        // Of rows in the order of a file, or of short lists, its result is another one.
        let by_place = ["TestMAPK", "TestMARK"].contains(&name) && (options["rows"] != "long" || options["order"] != "sorted");
        // Its reference's coverage is of all items.
        let covered = (name == "TestCoverage" || options["metric"] == "coverage") && options["reference"] == true;
        if case["status"] == "ERROR" || by_place || covered || options["rows"] == "apart" || (options["reference"] == true && options["rows"] == "long") {
            continue;
        }
        let k = options["k"].as_u64().expect("k") + u64::from(at_next);
        let mut check = format!("metric = \"{name}\"\nk = {k}\n");
        if ["TestDiversity", "TestSerendipity", "Diversity", "Serendipity"].contains(&name) {
            check += FEATURES;
        }
        if options["no_feedback_users"] == true {
            check += "users = \"all\"\n";
        }
        if options["normalize_arp"] == true {
            continue;
        }
        if let Some(from) = options["min_rel_score"].as_f64() {
            writeln!(check, "relevant_from = {from:?}").expect("a string");
        }
        if let Some(least) = options["gte"].as_f64() {
            writeln!(check, "fail = \"value < {least:?}\"").expect("a string");
        }
        runs.entry(spec_of(options)).or_default().push((case, check));
    }
    let (mut compared, mut failed) = (BTreeMap::<String, usize>::new(), Vec::new());
    for (sources, asked) in runs {
        let folder = tempfile::tempdir().expect("a folder");
        let spec = folder.path().join("monitor.toml");
        let suite: String = asked.iter().enumerate().map(|(i, (_, check))| format!("[[suite.check]]\nname = \"check_{i}\"\n{check}")).collect();
        std::fs::write(&spec, format!("{sources}[[suite]]\nname = \"s\"\ncompatibility = \"evidently\"\n{suite}")).expect("written");
        let found: BTreeMap<String, Value> = checks(&outcome(&spec)).into_iter().collect();
        for (i, (case, _)) in asked.iter().enumerate() {
            let id = match string(&case["options"], "metric", "") {
                "" => format!("check_{i}"),
                part => format!("check_{i}_{part}"),
            };
            let check = found.get(&id).unwrap_or_else(|| panic!("no {id} in {:?}", found.keys()));
            let status = case["status"].as_str().or(case["tests"][0].as_str());
            let wanted = json!(if status == Some("SUCCESS") { "pass" } else { "fail" });
            match check["status"] == wanted {
                true => *compared.entry(wanted.to_string()).or_default() += 1,
                false => failed.push(format!("{case}: {} ({})", check["status"], check["message"])),
            }
        }
    }
    println!("{compared:?} statuses of rankings");
    assert!(failed.is_empty() && compared.len() == 2 && compared.values().sum::<usize>() > 60, "{compared:?}; {} of them:\n{}", failed.len(), failed.join("\n"));
}

/// Evidently gives the two distributions; how far they are from each other follows.
#[test]
fn biases_are_the_distance_of_evidentlys_distributions() {
    let cases = golden();
    let shares = |name: &str| {
        let case = cases.iter().find(|case| case["metric"] == name && case["options"]["column"] == "segment" && case["options"]["reference"] != true).unwrap_or_else(|| panic!("no {name}"));
        let values: Vec<f64> = case["value"]["y"].as_array().expect("shares").iter().map(|y| y.as_f64().expect("a number")).collect();
        let names = case["value"]["x"].as_array().expect("names").iter().map(|x| x.as_str().expect("a name").to_owned());
        let sum: f64 = values.iter().sum();
        names.zip(values.into_iter().map(|y| y / sum).collect::<Vec<_>>()).collect::<BTreeMap<String, f64>>()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let spec = folder.path().join("monitor.toml");
    let checks_of = "[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"item_bias\"\ncolumns = \"segment\"\nk = 5\nfail = \"value > 99%\"\n[[suite.check]]\nmetric = \"user_bias\"\ncolumns = \"segment\"\nfail = \"value > 99%\"\n[[suite.check]]\nname = \"price\"\nmetric = \"item_bias\"\ncolumns = \"price\"\nk = 5\nfail = \"value > 99%\"\n";
    std::fs::write(&spec, spec_of(&json!({})) + checks_of).expect("written");
    let found: BTreeMap<String, Value> = checks(&outcome(&spec)).into_iter().collect();
    let (current, training) = (shares("UserBiasMetric current_distr"), shares("UserBiasMetric current_train_distr"));
    let names: std::collections::BTreeSet<&String> = current.keys().chain(training.keys()).collect();
    let wanted: f64 = names.into_iter().map(|name| (current.get(name).unwrap_or(&0.0) - training.get(name).unwrap_or(&0.0)).abs()).sum::<f64>() / 2.0;
    let value = found["user_bias"]["fields"]["value"].as_f64().expect("a number");
    assert!((value - wanted).abs() < 1e-12, "{value} for {wanted}");
    assert!(found["price"]["fields"]["value"].as_f64().is_some_and(|value| value > 0.0 && value < 1.0), "{}", found["price"]);
}

#[test]
fn what_is_missing_is_told_at_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = folder.path().join("monitor.toml");
    let whole = spec_of(&json!({}));
    let without = |what: &str| whole.lines().filter(|line| !line.starts_with(what)).map(|line| format!("{line}\n")).collect::<String>();
    let untrained = without("[source.training]").replacen(&format!("kind = \"parquet\"\npath = \"{}\"\n", root().join("tests/golden/tables/ranking_train.parquet").display()), "", 1);
    let wrong = [
        (without("user ="), "metric = \"ndcg\"", "needs a user and an item"),
        (without("score ="), "metric = \"ndcg\"", "needs the score or the rank"),
        (without("target ="), "metric = \"ndcg\"", "needs a target"),
        (untrained, "metric = \"novelty\"", "[source.training]"),
        (whole.clone(), "metric = \"item_bias\"\ncolumns = \"target\"", "needs the column `target` in [source.training], which has `user`"),
        (whole.clone(), "metric = \"ndcg\"\nk = 0", "from 1 to 1,000, not 0"),
        (whole.clone(), "metric = \"diversity\"", "`features` must name the columns"),
        (whole.clone(), "metric = \"diversity\"\nfeatures = [\"f9\"]", "no column `f9`"),
        (whole.replace("score = \"score\"", "rank = \"rank\""), "metric = \"score_entropy\"", "needs scores, not ranks"),
        (whole.replace("score = \"score\"", "score = \"score\"\nrank = \"rank\""), "metric = \"ndcg\"", "both `rank` and `score`"),
    ];
    for (sources, check, words) in wrong {
        std::fs::write(&spec, format!("{sources}[[suite]]\nname = \"s\"\n[[suite.check]]\n{check}\nfail = \"value < 0.1\"\n")).expect("written");
        let output = crate::support::driftline().arg("check").arg(&spec).output().expect("the binary runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && told.contains(words), "{check}: {told}");
    }
}

/// Equal scores come in an order of each user's own, so that the mean is that over all orders; and what a list has twice is no other user's.
#[test]
fn ties_and_repetitions_have_an_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut csv = String::from("user,item,score,y\n");
    for user in 0..3_000 {
        (0..10).for_each(|item| writeln!(csv, "u{user},i{item},1.0,{}", u8::from(item == 0)).expect("a string"));
    }
    std::fs::write(folder.path().join("current.csv"), csv).expect("written");
    let spec = folder.path().join("monitor.toml");
    let run = |run: &str| {
        let text = format!("[monitor]\nname = \"r\"\n[source.current]\nkind = \"csv\"\npath = \"current.csv\"\n[columns]\nuser = \"user\"\nitem = \"item\"\nscore = \"score\"\ntarget = \"y\"\n[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"ndcg\"\nk = 3\nfail = \"value < 0.1\"\n[[suite.check]]\nmetric = \"personalization\"\nk = 10\nfail = \"value > 99%\"\n{run}");
        std::fs::write(&spec, text).expect("written");
        checks(&outcome(&spec)).into_iter().collect::<BTreeMap<String, Value>>()
    };
    let found = run("");
    // (1 + 1 / log2 3 + 1 / 2) / 10, as scikit-learn averages over ties.
    let wanted = (1.0 + 1.0 / 3f64.log2() + 0.5) / 10.0;
    let value = found["ndcg"]["fields"]["value"].as_f64().expect("a number");
    assert!((value - wanted).abs() < 0.02, "{value} for {wanted}");
    assert_eq!(run("[run]\nseed = 7\n")["ndcg"]["fields"], found["ndcg"]["fields"]);
    assert_eq!(found["personalization"]["fields"]["value"], 0.0);
    std::fs::write(folder.path().join("current.csv"), format!("user,item,score,y\n{}{}", "a,x,1.0,1\n".repeat(10), "b,y,1.0,1\n".repeat(10))).expect("written");
    assert_eq!(run("")["personalization"]["fields"]["value"], 1.0);
}
