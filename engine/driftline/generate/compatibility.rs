//! Another tool's names and what they are here, as a table for its users.

use driftline_core::catalogue::{Compatibility, Meaning, PresetCheck, Translation};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The table of one tool as Markdown, a section for each family of names. Writing to a string cannot fail.
pub fn table(tool: &Compatibility) -> String {
    let mut families: Vec<&str> = Vec::new();
    let mut by_family: BTreeMap<&str, Vec<&Translation>> = BTreeMap::new();
    for translation in tool.translations() {
        if !families.contains(&translation.family) {
            families.push(translation.family);
        }
        by_family.entry(translation.family).or_default().push(translation);
    }
    let mut out = format!(
        "# {1}'s names here\n\nA suite with `compatibility = \"{0}\"` understands these names and uses {1}'s default tests, thresholds, binning and conditions. A name of Driftline's in \
such a suite gets the condition of the first row that is one check of it. Columns have the types of `[columns]`: copy those of a ColumnMapping or DataDefinition there, since what is inferred here is \
not what {1} infers (and its two interfaces infer different types). Columns of `[derived]` are columns of the dataset; one that is only there for a descriptor belongs under `ignore`, where single checks still see it. Arguments are written as here: \
`columns` for a column's name, `test = {{ name = \"psi\", threshold = 0.2 }}` for a stattest with its threshold, `q`, `min`, `max`, `list` and `pattern` for a quantile, a range, a list and an expression, and `fail` with the opposite of \
`lt`, `lte`, `gt`, `gte` or `eq`. Written by `driftline generate {0}`; the files under \"proof\" are in `tests/golden`.\n",
        tool.name, tool.title
    );
    for family in families {
        let _ = writeln!(out, "\n## {family}\n\n| name | here | fails if | without a reference | not the same | proof |\n|---|---|---|---|---|---|");
        for translation in &by_family[family] {
            let [here, fail, alone] = columns(translation);
            let Translation { name, note, proof, .. } = translation;
            let proof = if proof.is_empty() { String::new() } else { format!("`{proof}`") };
            let cells = [format!("`{name}`"), here, fail, alone, (*note).to_owned(), proof].map(|cell| cell.replace('|', "\\|"));
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
    }
    out
}

/// What a name is here, as words of its own.
pub fn page(tool: &Compatibility, translation: &Translation) -> String {
    let [here, fail, alone] = columns(translation);
    let mut out = format!("{} ({}, {})\n\nHere: {here}\n", translation.name, tool.title, translation.family);
    for (title, text) in [("Fails if", fail.as_str()), ("Without a reference", &alone), ("Not the same", translation.note), ("Compared with its answers in", translation.proof)] {
        if !text.is_empty() {
            let _ = writeln!(out, "{title}: {text}");
        }
    }
    out
}

fn columns(translation: &Translation) -> [String; 3] {
    match translation.meaning {
        Meaning::Checks(checks) => {
            let of = |part: &dyn Fn(&PresetCheck) -> String| checks.iter().map(part).collect::<Vec<_>>().join("; ");
            let here = |check: &PresetCheck| {
                let keys = [&check.parameters.replace('\n', ", ")].into_iter().filter(|keys| !keys.is_empty()).map(|keys| format!(" with `{keys}`")).collect::<String>();
                let columns = if check.columns.is_empty() { String::new() } else { format!(" over {}", check.columns.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ")) };
                format!("`{}`{columns}{keys}", check.metric)
            };
            let alone = |check: &PresetCheck| check.alone.map_or("needs one".to_owned(), |text| format!("`{text}`"));
            [of(&here), of(&|check| format!("`{}`", check.fail)), of(&alone)]
        }
        Meaning::Names(names, nearest) => {
            let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let nearest = if nearest.is_empty() { String::new() } else { format!("; `preset = \"{nearest}\"` in such a suite is the same") };
            [format!("{names}{nearest}"), String::new(), String::new()]
        }
        Meaning::Test(parameters, rule) => [format!("`test = {{ {} }}`", parameters.replace('\n', ", ")), format!("`{rule}`"), String::new()],
        Meaning::Derived(expression) => [format!("a column of `[derived]`, such as `{expression}`"), String::new(), String::new()],
        Meaning::Elsewhere(words) => [words.to_owned(), String::new(), String::new()],
    }
}
