//! What the file formats share: paths, units, projection, derived columns, filters, and reading on a thread of its own.

use crate::computed::{Computed, Stepped, Steps};
use crate::conform::{Conformed, conform};
use crate::types::{self, Inferred};
use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use driftline_core::block::BLOCK_ROWS;
use driftline_core::catalogue::{Field, read_parameters};
use driftline_core::diagnostic::{Diagnostic, Diagnostics};
use driftline_core::source::{Derived, LeftOut, Opening, Piece, Scan, Source, SourceError};
use driftline_core::spec::{Component, OneOrMany};
use futures::stream::{BoxStream, StreamExt};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Sources have no result fields.
pub(crate) const NO_FIELDS: &[Field] = &[];

/// The parameters of every file format.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct Parameters {
    /// A file, a folder, a glob, or a list of these; relative to the spec.
    #[schemars(with = "OneOrMany")]
    pub path: toml::Spanned<OneOrMany>,
}

/// Some rows of a unit.
pub(crate) struct Rows {
    pub batch: RecordBatch,
    /// Rows between them that could not be read.
    pub unreadable: u64,
    /// Values of another shape than their column, which are null.
    pub unparsed: Unparsed,
}

impl Default for Rows {
    fn default() -> Self {
        Self { batch: RecordBatch::new_empty(Arc::new(Schema::empty())), unreadable: 0, unparsed: Unparsed::new() }
    }
}

impl Rows {
    /// The same rows, [`BLOCK_ROWS`] at a time at most: a file may be written in large batches.
    fn cut(self) -> impl Iterator<Item = Rows> {
        let Rows { batch, unreadable, unparsed } = self;
        let all = batch.num_rows();
        let mut told = Some((unreadable, unparsed));
        (0..all.max(1)).step_by(BLOCK_ROWS).map(move |from| {
            let (unreadable, unparsed) = told.take().unwrap_or_default();
            Rows { batch: batch.slice(from, BLOCK_ROWS.min(all - from)), unreadable, unparsed }
        })
    }
}

impl From<RecordBatch> for Rows {
    fn from(batch: RecordBatch) -> Self {
        Self { batch, ..Self::default() }
    }
}

/// The rows of one unit.
pub(crate) type Batches = Box<dyn Iterator<Item = Result<Rows, String>>>;

/// Values that became null since they could not be parsed, by column.
pub(crate) type Unparsed = Vec<(String, u64)>;

/// A file format.
pub(crate) trait Format: Send + Sync + 'static {
    fn extension(&self) -> &'static str;
    /// Whether its types are inferred from values, so that it can be read with those of the reference.
    fn is_untyped(&self) -> bool {
        false
    }
    /// Whether its columns can be read one by one.
    fn is_columnar(&self) -> bool {
        false
    }
    fn schema(&self, path: &Path) -> Result<Inferred, String>;
    /// Rows of a file, where its footer tells.
    fn rows(&self, _path: &Path) -> Option<u64> {
        None
    }
    /// How many units a file has.
    fn units(&self, _path: &Path) -> Result<usize, String> {
        Ok(1)
    }
    /// The batches of a unit, with those columns of `schema` that the file has; an untyped format may give text for a type that
    /// text can be read as.
    fn read(&self, path: &Path, unit: usize, schema: &SchemaRef) -> Result<Batches, String>;
    /// As [`Format::read`], where columns of text may come as dictionaries if that is how the file has them.
    fn read_with_dictionaries(&self, path: &Path, unit: usize, schema: &SchemaRef, _columns: &BTreeSet<String>) -> Result<Batches, String> {
        self.read(path, unit, schema)
    }
}

/// Opens the files of a spec's source.
pub(crate) fn open(
    format: impl Format,
    component: Component<'_>,
    folder: &Path,
    diagnostics: &mut Diagnostics,
) -> Option<Opening> {
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    let words = parameters.path.get_ref().clone().into_vec();
    let (span, folder) = (parameters.path.span(), folder.to_path_buf());
    // An empty path would be the spec's folder, and an unset variable all the files in it.
    if diagnostics.has_at(&span) {
        // A variable of it is not set, which has been told.
        return None;
    }
    if words.is_empty() || words.iter().any(|word| word.trim().is_empty()) {
        diagnostics.push(Diagnostic::at(span, "`path` is empty; name a file, a folder or a glob"));
        return None;
    }
    Some(Box::new(move |types| Box::pin(async move { open_files(Arc::new(format), &folder, &words, types) })))
}

fn open_files(
    format: Arc<dyn Format>,
    folder: &Path,
    words: &[String],
    types: Option<SchemaRef>,
) -> Result<Arc<dyn Source>, SourceError> {
    let mut paths = Vec::new();
    for word in words {
        paths.extend(expand(folder, word, format.extension())?);
    }
    paths.sort();
    paths.dedup();
    let mut merged = Inferred::default();
    for path in &paths {
        let Inferred { schema, seen } = format.schema(path).map_err(|e| at(path, &e))?;
        let schema = without_metadata(schema);
        report_equal_names(&schema).map_err(|e| at(path, &e))?;
        let both = match format.is_untyped() {
            true => types::merge(merged, Inferred { schema, seen }),
            false => Schema::try_merge([merged.schema, schema]).map(Inferred::from).map_err(|e| e.to_string()),
        };
        merged = both.map_err(|e| at(path, &format!("its columns differ from those of the files before it: {e}")))?;
    }
    let merged = match format.is_untyped() {
        true => types::settle(&merged, types.as_deref()),
        false => merged.schema,
    };
    let rows = paths.iter().map(|p| format.rows(p)).sum();
    Ok(Arc::new(Files { format, paths, computed: Computed::new(Arc::new(merged)), rows }))
}

fn without_metadata(schema: Schema) -> Schema {
    let fields: Vec<_> =
        schema.fields().iter().map(|f| f.as_ref().clone().with_metadata(Default::default()).with_nullable(true)).collect();
    Schema::new(fields)
}

/// A name must mean one column.
fn report_equal_names(schema: &Schema) -> Result<(), String> {
    let names: Vec<&String> = schema.fields().iter().map(|f| f.name()).collect();
    match names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
        Some((_, name)) => Err(format!("two of its columns are named `{name}`; give one another name")),
        None => Ok(()),
    }
}

fn at(path: &Path, message: &str) -> SourceError {
    SourceError(format!("{}: {message}", path.display()))
}

/// The files that a path, a folder or a glob stands for. Only the spec's own words can be a glob, not the folder that it is in.
fn expand(folder: &Path, word: &str, extension: &str) -> Result<Vec<PathBuf>, SourceError> {
    let path = folder.join(word);
    let escaped = |path: &Path| glob::Pattern::escape(&path.to_string_lossy());
    if path.is_dir() {
        let inside = Path::new(&escaped(&path)).join("**").join(format!("*.{extension}"));
        return matching(&inside.to_string_lossy(), &path);
    }
    if path.is_file() {
        return Ok(vec![path]);
    }
    if word.contains(['*', '?', '[']) {
        return matching(&Path::new(&escaped(folder)).join(word).to_string_lossy(), &path);
    }
    Err(at(&path, "no such file or folder"))
}

fn matching(glob: &str, pattern: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let paths = glob::glob(glob).map_err(|e| at(pattern, &e.to_string()))?;
    let found: Result<Vec<PathBuf>, _> = paths.collect();
    let found = found.map_err(|e| SourceError(e.to_string()))?;
    let files: Vec<PathBuf> = found.into_iter().filter(|p| p.is_file()).collect();
    if files.is_empty() { Err(at(pattern, "no file matches")) } else { Ok(files) }
}

/// Files of one format, read in the order of their paths.
#[derive(Clone)]
struct Files {
    format: Arc<dyn Format>,
    paths: Vec<PathBuf>,
    computed: Computed,
    rows: Option<u64>,
}

impl Source for Files {
    fn location(&self) -> String {
        let first = self.paths.first().map_or(String::new(), |p| p.display().to_string());
        match self.paths.len() {
            1 => first,
            n => format!("{first} and {} more", n - 1),
        }
    }

    fn schema(&self) -> SchemaRef {
        self.computed.schema.clone()
    }

    fn rows(&self) -> Option<u64> {
        self.rows
    }

    fn check_filter(&self, filter: &str) -> Result<(), String> {
        self.computed.check_filter(filter)
    }

    fn derive(&self, derived: Derived) -> Result<Arc<dyn Source>, String> {
        Ok(Arc::new(Files { computed: self.computed.derive(derived)?, ..self.clone() }))
    }

    fn fingerprint(&self) -> Option<String> {
        let one = |path: &PathBuf| {
            let metadata = std::fs::metadata(path).ok()?;
            Some(format!("{}:{}:{:?}", path.display(), metadata.len(), metadata.modified().ok()?))
        };
        self.paths.iter().map(one).collect::<Option<Vec<_>>>().map(|all| all.join("\n"))
    }

    fn is_columnar(&self) -> bool {
        self.format.is_columnar()
    }

    fn scan(&self, scan: Scan) -> BoxStream<'static, Result<Piece, SourceError>> {
        let files = self.clone();
        // Few batches wait: memory stays bounded, and decoding goes on while accumulators work.
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        std::thread::spawn(move || {
            let mut send = |piece| sender.blocking_send(piece).is_ok();
            let reader = Steps::new(&files.computed, &scan).map(|steps| Reader { files: &files, limit: scan.limit, steps });
            if let Err(e) = reader.and_then(|reader| reader.read_all(&mut send)) {
                send(Err(e));
            }
        });
        futures::stream::unfold(receiver, |mut r| async move { r.recv().await.map(|item| (item, r)) }).boxed()
    }
}

/// One scan.
struct Reader<'a> {
    files: &'a Files,
    limit: Option<usize>,
    steps: Steps,
}

type Sink<'a> = &'a mut dyn FnMut(Result<Piece, SourceError>) -> bool;

impl Reader<'_> {
    fn read_all(&self, send: Sink<'_>) -> Result<(), SourceError> {
        let format = &self.files.format;
        let mut left = self.limit.unwrap_or(usize::MAX);
        let mut unit = 0u64;
        for path in &self.files.paths {
            let (mut first, mut told) = (true, BTreeSet::new());
            for part in 0..format.units(path).map_err(|e| at(path, &e))? {
                let batches = format.read_with_dictionaries(path, part, &self.steps.wanted, &self.steps.dictionaries);
                let mut started = Instant::now();
                for rows in batches.map_err(|e| at(path, &e))? {
                    let rows = rows.map_err(|e| at(path, &e))?;
                    if std::mem::take(&mut first) {
                        self.report_absent(path, &rows.batch);
                    }
                    for rows in rows.cut() {
                        let (mut piece, examples) = self.piece(rows, unit).map_err(|e| at(path, &e))?;
                        for (column, example) in examples {
                            if told.insert(column.clone()) {
                                tracing::warn!("{}: column `{column}`: {example}, and is null; further ones are counted", path.display());
                            }
                        }
                        left = left.saturating_sub(piece.batch.num_rows());
                        piece.time = started.elapsed();
                        if !send(Ok(piece)) || left == 0 {
                            return Ok(());
                        }
                        // Waiting for a taker is no work.
                        started = Instant::now();
                    }
                }
                unit += 1;
            }
        }
        Ok(())
    }

    /// Tells of columns that one of several files lacks: its rows have null there.
    fn report_absent(&self, path: &Path, batch: &RecordBatch) {
        let names = self.steps.wanted.fields().iter().map(|f| f.name().as_str());
        let names: Vec<&str> = names.filter(|name| batch.column_by_name(name).is_none()).collect();
        if !names.is_empty() {
            tracing::warn!("{}: has no column {}, which is null for its rows", path.display(), names.join(", "));
        }
    }

    /// A piece, and examples of values that are none of their column's type.
    fn piece(&self, rows: Rows, unit: u64) -> Result<(Piece, Vec<(String, String)>), String> {
        let Conformed { batch, mut unparsed, absent, examples } = conform(&rows.batch, &self.steps.wanted, &self.steps.dictionaries)?;
        unparsed.extend(rows.unparsed);
        let Stepped { batch, filtered, uncomputed } = self.steps.apply(batch)?;
        let mut left_out = LeftOut::default();
        left_out.add("filtered_rows", filtered);
        left_out.add("unreadable_rows", rows.unreadable);
        for (what, counts) in [("unparsed_values", unparsed), ("uncomputed_values", uncomputed), ("absent_values", absent)] {
            left_out.add_each(what, counts);
        }
        Ok((Piece { unit, batch, left_out, time: Duration::ZERO }, examples))
    }
}

/// Most rows of a batch.
pub(crate) const BATCH_ROWS: usize = BLOCK_ROWS / 8;
