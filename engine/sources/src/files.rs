//! What the file formats share: paths, units, projection, filters, and reading on a thread of its own.

use crate::filter::Filter;
use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use driftline_core::block::BLOCK_ROWS;
use driftline_core::catalogue::{Field, read_parameters};
use driftline_core::diagnostic::{Diagnostic, Diagnostics};
use driftline_core::source::{Opening, Piece, Scan, Source, SourceError};
use driftline_core::spec::{Component, OneOrMany};
use futures::stream::{BoxStream, StreamExt};
use schemars::JsonSchema;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Sources have no result fields.
pub(crate) const NO_FIELDS: &[Field] = &[];

/// The parameters of every file format.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct Parameters {
    /// A file, a folder, a glob, or a list of these; relative to the spec.
    #[schemars(with = "OneOrMany")]
    pub path: toml::Spanned<OneOrMany>,
}

/// Batches of one unit.
pub(crate) type Batches = Box<dyn Iterator<Item = Result<RecordBatch, String>>>;

/// Values that became null since they could not be parsed, by column.
pub(crate) type Unparsed = Vec<(String, u64)>;

/// A file format.
pub(crate) trait Format: Send + Sync + 'static {
    fn extension(&self) -> &'static str;
    fn schema(&self, path: &Path) -> Result<Schema, String>;
    /// Rows of a file, where its footer tells.
    fn rows(&self, _path: &Path) -> Option<u64> {
        None
    }
    /// How many units a file has.
    fn units(&self, _path: &Path) -> Result<usize, String> {
        Ok(1)
    }
    /// The batches of a unit, with the columns of `schema`.
    fn read(&self, path: &Path, unit: usize, schema: &SchemaRef) -> Result<Batches, String>;
    /// Types the values of a batch; formats that are typed have nothing to do.
    fn finish(&self, batch: RecordBatch, _schema: &SchemaRef) -> Result<(RecordBatch, Unparsed), String> {
        Ok((batch, Vec::new()))
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
    let span = parameters.path.span();
    let patterns: Vec<PathBuf> = words.iter().map(|w| folder.join(w)).collect();
    if words.is_empty() {
        diagnostics.push(Diagnostic::at(span, "`path` names no file"));
        return None;
    }
    Some(Box::pin(async move { open_files(Arc::new(format), &patterns) }))
}

fn open_files(format: Arc<dyn Format>, patterns: &[PathBuf]) -> Result<Box<dyn Source>, SourceError> {
    let mut paths = Vec::new();
    for pattern in patterns {
        paths.extend(expand(pattern, format.extension())?);
    }
    paths.sort();
    paths.dedup();
    let mut merged = Schema::empty();
    for path in &paths {
        let schema = format.schema(path).map_err(|e| at(path, &e))?;
        merged = Schema::try_merge([merged, without_metadata(schema)])
            .map_err(|e| at(path, &format!("its columns differ from the files before it: {e}")))?;
    }
    let rows = paths.iter().map(|p| format.rows(p)).sum();
    Ok(Box::new(Files { format, paths, schema: Arc::new(merged), rows }))
}

fn without_metadata(schema: Schema) -> Schema {
    let fields: Vec<_> =
        schema.fields().iter().map(|f| f.as_ref().clone().with_metadata(Default::default()).with_nullable(true)).collect();
    Schema::new(fields)
}

fn at(path: &Path, message: &str) -> SourceError {
    SourceError(format!("{}: {message}", path.display()))
}

/// The files that a path, a folder or a glob stands for.
fn expand(pattern: &Path, extension: &str) -> Result<Vec<PathBuf>, SourceError> {
    if pattern.is_dir() {
        let inside = pattern.join("**").join(format!("*.{extension}"));
        return matching(&inside.to_string_lossy(), pattern);
    }
    let text = pattern.to_string_lossy();
    if pattern.is_file() {
        return Ok(vec![pattern.to_path_buf()]);
    }
    if text.contains(['*', '?', '[']) {
        return matching(&text, pattern);
    }
    Err(at(pattern, "no such file or folder"))
}

fn matching(glob: &str, pattern: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let paths = glob::glob(glob).map_err(|e| at(pattern, &e.to_string()))?;
    let found: Result<Vec<PathBuf>, _> = paths.collect();
    let found = found.map_err(|e| SourceError(e.to_string()))?;
    let files: Vec<PathBuf> = found.into_iter().filter(|p| p.is_file()).collect();
    if files.is_empty() { Err(at(pattern, "no file matches")) } else { Ok(files) }
}

/// Files of one format, read in the order of their paths.
struct Files {
    format: Arc<dyn Format>,
    paths: Vec<PathBuf>,
    schema: SchemaRef,
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
        self.schema.clone()
    }

    fn rows(&self) -> Option<u64> {
        self.rows
    }

    fn check_filter(&self, filter: &str) -> Result<(), String> {
        Filter::compile(filter, &self.schema).map(|_| ())
    }

    fn fingerprint(&self) -> Option<String> {
        let one = |path: &PathBuf| {
            let metadata = std::fs::metadata(path).ok()?;
            Some(format!("{}:{}:{:?}", path.display(), metadata.len(), metadata.modified().ok()?))
        };
        self.paths.iter().map(one).collect::<Option<Vec<_>>>().map(|all| all.join("\n"))
    }

    fn scan(&self, scan: Scan) -> BoxStream<'static, Result<Piece, SourceError>> {
        let (format, paths, schema) = (self.format.clone(), self.paths.clone(), self.schema.clone());
        // Few batches wait: memory stays bounded, and decoding goes on while accumulators work.
        let (sender, receiver) = tokio::sync::mpsc::channel(2);
        std::thread::spawn(move || {
            let mut send = |piece| sender.blocking_send(piece).is_ok();
            if let Err(e) = (Reader { format, schema, scan }).read_all(&paths, &mut send) {
                send(Err(e));
            }
        });
        futures::stream::unfold(receiver, |mut r| async move { r.recv().await.map(|item| (item, r)) }).boxed()
    }
}

struct Reader {
    format: Arc<dyn Format>,
    schema: SchemaRef,
    scan: Scan,
}

type Sink<'a> = &'a mut dyn FnMut(Result<Piece, SourceError>) -> bool;

impl Reader {
    fn read_all(&self, paths: &[PathBuf], send: Sink<'_>) -> Result<(), SourceError> {
        let filter = self.scan.filter.as_ref().map(|f| Filter::compile(f, &self.schema)).transpose();
        let filter = filter.map_err(|e| SourceError(format!("filter: {e}")))?;
        let wanted = self.project(&self.scan.columns, filter.as_ref());
        let mut left = self.scan.limit.unwrap_or(usize::MAX);
        let mut unit = 0u64;
        for path in paths {
            for part in 0..self.format.units(path).map_err(|e| at(path, &e))? {
                for batch in self.format.read(path, part, &wanted).map_err(|e| at(path, &e))? {
                    let batch = batch.map_err(|e| at(path, &e))?;
                    let piece = self.piece(batch, unit, filter.as_ref(), &wanted).map_err(|e| at(path, &e))?;
                    left = left.saturating_sub(piece.batch.num_rows());
                    if !send(Ok(piece)) || left == 0 {
                        return Ok(());
                    }
                }
                unit += 1;
            }
        }
        Ok(())
    }

    /// The wanted columns and the filter's, in the schema's order.
    fn project(&self, columns: &[String], filter: Option<&Filter>) -> SchemaRef {
        let needed = |name: &String| columns.contains(name) || filter.is_some_and(|f| f.columns.contains(name));
        let fields: Vec<_> = self.schema.fields().iter().filter(|f| needed(f.name())).cloned().collect();
        Arc::new(Schema::new(fields))
    }

    fn piece(
        &self,
        batch: RecordBatch,
        unit: u64,
        filter: Option<&Filter>,
        wanted: &SchemaRef,
    ) -> Result<Piece, String> {
        let (batch, unparsed) = self.format.finish(batch, wanted)?;
        let (batch, filtered) = match filter {
            Some(filter) => filter.apply(&batch)?,
            None => (batch, 0),
        };
        Ok(Piece { unit, batch, filtered, unparsed })
    }
}

/// Rows that readers put in a batch.
pub(crate) const BATCH_ROWS: usize = BLOCK_ROWS / 8;
