//! The parts of a spec that are the same whatever components it uses. Field names are the TOML keys;
//! the doc comments become the descriptions of the spec's JSON Schema.

use crate::diagnostic::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;
use std::time::Duration;
use toml::Spanned;

/// `[monitor]`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct MonitorFrame {
    /// Name of the monitor, lower_snake_case: the `monitor` label of every series.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// What is monitored, for people.
    #[serde(default)]
    pub description: String,
}

impl Default for MonitorFrame {
    /// Stands for a table that could not be read.
    fn default() -> Self {
        Self { name: Spanned::new(0..0, String::new()), description: String::new() }
    }
}

/// What `[source.reference]`, `[source.current]` and `[source.training]` have in common, beside `kind` and the kind's own keys.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct SourceFrame {
    /// SQL expression over the source's columns; rows for which it is not true are left out and counted.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub filter: Option<Spanned<String>>,
}

/// What `[source.labels]` has beside that: the rows without a target of their own get theirs from there, by `id` under [columns]. Its columns are seen where they are named, and not by globs or metrics over all columns.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LabelsFrame {
    /// How long a label may take, such as "7d": a row that is older and has none lacks it, a younger one waits. Needs `timestamp` under [columns].
    #[schemars(with = "Option<String>")]
    pub lateness: Option<Spanned<Time>>,
}

/// `[columns]`: roles, and corrections of the inferred types.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ColumnsFrame {
    /// Column that identifies a row, by which labels are joined; left out of metrics over all columns.
    #[schemars(with = "Option<String>")]
    pub id: Option<Spanned<String>>,
    /// Column with the row's time; left out of drift by glob or type.
    #[schemars(with = "Option<String>")]
    pub timestamp: Option<Spanned<String>>,
    /// Column with the true value.
    #[schemars(with = "Option<String>")]
    pub target: Option<Spanned<String>>,
    /// Column with the model's answer.
    #[schemars(with = "Option<String>")]
    pub prediction: Option<Spanned<String>>,
    /// Column with the score or probability of the positive label, the higher the surer.
    #[schemars(with = "Option<String>")]
    pub score: Option<Spanned<String>>,
    /// The label that scores and rates are about, such as "1"; the last one in order unless given.
    #[schemars(with = "Option<String>")]
    pub positive: Option<Spanned<String>>,
    /// Column with the user that a row recommends an item to.
    #[schemars(with = "Option<String>")]
    pub user: Option<Spanned<String>>,
    /// Column with the recommended item.
    #[schemars(with = "Option<String>")]
    pub item: Option<Spanned<String>>,
    /// Column with the place of the item among those of its user, the first one 1; in place of `score`.
    #[schemars(with = "Option<String>")]
    pub rank: Option<Spanned<String>>,
    /// Column with the time at which the row's label came; where several labels come for one row the last counts.
    #[schemars(with = "Option<String>")]
    pub labelled_at: Option<Spanned<String>>,
    /// By label, the column with its probability.
    #[schemars(with = "BTreeMap<String, String>")]
    pub probabilities: BTreeMap<String, Spanned<String>>,
    /// Columns that are numbers to be measured; names or globs, as are those below.
    #[schemars(with = "Vec<String>")]
    pub numerical: Vec<Spanned<String>>,
    /// Columns whose values are categories.
    #[schemars(with = "Vec<String>")]
    pub categorical: Vec<Spanned<String>>,
    /// Columns of free text.
    #[schemars(with = "Vec<String>")]
    pub text: Vec<Spanned<String>>,
    /// Columns that no metric over all columns, glob or type sees.
    #[schemars(with = "Vec<String>")]
    pub ignore: Vec<Spanned<String>>,
}

/// `[plugin.NAME]`, beside `config`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct PluginFrame {
    /// Path of the WebAssembly component, relative to the spec.
    #[schemars(with = "String")]
    pub component: Spanned<String>,
    /// SHA-256 of the component, as `driftline plugin inspect` prints it: another file is not run.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub sha256: Option<Spanned<String>>,
    /// The plugin's inputs and the columns they are read from; `$column` is each of a check's columns in turn.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub inputs: BTreeMap<String, Spanned<String>>,
    /// Put before the names of a transform's columns.
    #[serde(default)]
    pub prefix: String,
    /// Instances of a metric or two-sample test that take blocks (65,536 rows) in turn, to work at once; their states are merged at the end.
    #[serde(default = "one")]
    pub partitions: NonZeroU16,
    /// What its language's runtime may have of WASI: without it, clocks stand still, random bytes are always the same, and stdout goes nowhere.
    #[serde(default)]
    pub grant: BTreeSet<Grant>,
    /// A folder that it may read (as `/`), relative to the spec.
    #[schemars(with = "Option<String>")]
    pub folder: Option<Spanned<String>>,
    #[serde(default)]
    pub limits: LimitsFrame,
}

fn one() -> NonZeroU16 {
    NonZeroU16::MIN
}

/// Something that a plugin does not get unless the spec says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// The time of day, and time passing.
    Clock,
    /// Random bytes.
    Random,
    /// What it prints goes to the log. (What it prints to stderr always does.)
    Stdout,
}

impl Grant {
    /// As the spec writes it.
    pub fn name(self) -> &'static str {
        match self {
            Grant::Clock => "clock",
            Grant::Random => "random",
            Grant::Stdout => "stdout",
        }
    }
}

/// `limits` of a plugin. A breach makes the plugin's checks `error` and nothing else.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsFrame {
    /// Largest file of a component; larger ones are not read.
    #[schemars(with = "String")]
    pub component: Bytes,
    /// Longest time that compiling it may take, where its compiled code is not kept.
    #[schemars(with = "String")]
    pub compile_time: Time,
    /// Most memory of one instance.
    #[schemars(with = "String")]
    pub memory: Bytes,
    /// Most memory of all of its instances together.
    #[schemars(with = "String")]
    pub total_memory: Bytes,
    /// Longest time of one call, to 5 ms.
    #[schemars(with = "String")]
    pub time: Time,
    /// Longest time of all its calls in one evaluation together.
    #[schemars(with = "String")]
    pub total_time: Time,
    /// Most bytes that one call may give back.
    #[schemars(with = "String")]
    pub output: Bytes,
    /// Most bytes of one row's inputs; a larger row is null and counted.
    #[schemars(with = "String")]
    pub row: Bytes,
    /// Most samples that a metric may give.
    pub samples: usize,
    /// Most bytes of messages to the log in one evaluation.
    #[schemars(with = "String")]
    pub log: Bytes,
    /// Most elements of all tables of one instance.
    pub table: usize,
    /// Most instances at once: one for each column or segment of a check, times `partitions`.
    pub instances: usize,
}

impl Default for LimitsFrame {
    fn default() -> Self {
        Self {
            component: Bytes(64 << 20),
            compile_time: Time(Duration::from_secs(120)),
            memory: Bytes(64 << 20),
            total_memory: Bytes(4 << 30),
            time: Time(Duration::from_millis(500)),
            total_time: Time(Duration::from_secs(600)),
            output: Bytes(16 << 20),
            row: Bytes(16 << 20),
            samples: 10_000,
            log: Bytes(64 << 10),
            table: 100_000,
            instances: 256,
        }
    }
}

/// `[[suite]]`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct SuiteFrame {
    /// Name of the suite, lower_snake_case.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// How p-values are corrected for testing many columns at once.
    #[serde(default)]
    pub correction: Correction,
    /// Another tool, `evidently`, whose names the suite understands and whose default tests, thresholds, binning and conditions it uses.
    #[schemars(with = "Option<String>")]
    pub compatibility: Option<Spanned<String>>,
    /// Checks for a purpose: `data_drift`, `data_quality`, `data_stability`, `target_drift`, `classification`, `regression`, `ranking`, `no_target_performance`. A check of the suite with the same name
    /// replaces the preset's.
    #[schemars(with = "Option<String>")]
    pub preset: Option<Spanned<String>>,
}

impl Default for SuiteFrame {
    /// Stands for a table that could not be read.
    fn default() -> Self {
        Self { name: Spanned::new(0..0, String::new()), correction: Correction::default(), compatibility: None, preset: None }
    }
}

/// Corrections of p-values over the checks of a suite.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    #[default]
    None,
    /// Bounds the chance of a single false alarm in the suite.
    Bonferroni,
    /// Bounds the expected share of false alarms among the alarms, for independent or positively dependent tests.
    BenjaminiHochberg,
    /// As Benjamini-Hochberg, under any dependence.
    BenjaminiYekutieli,
}

impl Correction {
    pub fn name(self) -> &'static str {
        match self {
            Correction::None => "none",
            Correction::Bonferroni => "bonferroni",
            Correction::BenjaminiHochberg => "benjamini_hochberg",
            Correction::BenjaminiYekutieli => "benjamini_yekutieli",
        }
    }
}

/// What a check is when there was nothing to compute it from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoData {
    Pass,
    #[default]
    Warn,
    Fail,
}

/// `[[suite.check]]`, beside `metric`, `columns` and the metric's own keys.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct CheckFrame {
    /// Stable id of the check; the metric's name unless given. A selector's matches append their column.
    #[schemars(with = "Option<String>")]
    pub name: Option<Spanned<String>>,
    /// Condition over the metric's fields under which the check fails. Tried before `warn`.
    #[schemars(with = "Option<String>")]
    pub fail: Option<Spanned<String>>,
    /// Condition under which it warns.
    #[schemars(with = "Option<String>")]
    pub warn: Option<Spanned<String>>,
    /// What the check is when there was nothing to compute it from.
    #[serde(default)]
    pub no_data: NoData,
}

/// What `[[suite.check]]` and `[[record]]` have in common, beside `metric` and the metric's own keys.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct MetricFrame {
    /// A name, a glob, a type (`@numerical`, `@categorical`), or a list of these. One result for each match.
    #[schemars(with = "Option<OneOrMany>")]
    pub columns: Option<Spanned<OneOrMany>>,
    /// SQL expression over the source's columns: only rows for which it is true are looked at, on both sides.
    #[serde(rename = "where")]
    #[schemars(with = "Option<String>")]
    pub filter: Option<Spanned<String>>,
    /// Categorical column: one result for each of its values (the 50 most frequent of the reference's first rows; rows with others are counted).
    #[schemars(with = "Option<String>")]
    pub by: Option<Spanned<String>>,
}

/// One word or a list of words.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a string or a list of strings")]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub fn into_vec(self) -> Vec<String> {
        match self {
            OneOrMany::One(word) => vec![word],
            OneOrMany::Many(words) => words,
        }
    }
}

/// `[schedule]`: when `driftline serve` evaluates. One of the two keys.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct ScheduleFrame {
    /// Time between two evaluations, such as "30s".
    #[schemars(with = "Option<String>")]
    pub every: Option<Time>,
    /// Cron expression in UTC: minute hour day month weekday.
    #[schemars(with = "Option<String>")]
    pub cron: Option<Spanned<String>>,
}

/// `[run]`: how the work is done; it changes no result.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RunFrame {
    /// Memory of a run in all, but for plugins: columns are read a few at a time, and statistics go on on disk, before more is taken. With
    /// much data a run takes some 100MiB, even if this is less; hundreds of columns take up to 100MiB more, hundreds of columns times segments more still.
    #[schemars(with = "String")]
    pub memory: Bytes,
    /// Threads; 0 means one for each core. More than cores only cost memory.
    #[schemars(range(max = 256))]
    pub threads: Threads,
    /// Seed of everything random.
    pub seed: u64,
    /// Folder for what outlives a run: the number of evaluations and the last statuses.
    pub state: Option<String>,
}

impl Default for RunFrame {
    fn default() -> Self {
        Self { memory: Bytes(512 << 20), threads: Threads(0), seed: 0, state: None }
    }
}

impl RunFrame {
    /// Bytes for what statistics keep: the rest is for the program itself, and for blocks on their way.
    pub fn kept(&self) -> usize {
        let kept = self.memory.0.saturating_sub(160 << 20).max(self.memory.0 / 4);
        usize::try_from(kept).unwrap_or(usize::MAX)
    }
}

/// A number of threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
pub struct Threads(pub usize);

impl<'de> Deserialize<'de> for Threads {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = usize::deserialize(deserializer)?;
        match number <= 256 {
            true => Ok(Threads(number)),
            false => Err(serde::de::Error::custom(format!("{number} threads are more than the 256 that are of any use"))),
        }
    }
}

/// A text, or what stands for one as it was written: a number without its unit is told to lack it.
fn written<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a text, such as \"64MiB\" or \"30s\"")]
    enum Written {
        Text(String),
        Whole(i64),
        Number(f64),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::Text(text) => text,
        Written::Whole(number) => number.to_string(),
        Written::Number(number) => number.to_string(),
    })
}

/// A number of bytes, such as "64MiB".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = written(deserializer)?;
        let has_unit = text.ends_with(|c: char| c.is_alphabetic());
        let parsed = text.parse::<bytesize::ByteSize>().ok().filter(|b| b.0 > 0 && has_unit);
        let message = || format!("`{text}` is not a size; write a number and a unit, such as \"64MiB\"");
        parsed.map(|b| Bytes(b.0)).ok_or_else(|| serde::de::Error::custom(message()))
    }
}

/// A span of time, such as "500ms".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub Duration);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = written(deserializer)?;
        let parsed = humantime::parse_duration(&text).ok().filter(|d| !d.is_zero());
        let message = || format!("`{text}` is not a span of time; write a number and a unit, such as \"30s\"");
        parsed.map(Time).ok_or_else(|| serde::de::Error::custom(message()))
    }
}

/// The span of a `Spanned` string with its text, in the shape that the plan uses.
pub fn text_and_span(value: &Spanned<String>) -> (&str, Span) {
    (value.get_ref(), value.span())
}
