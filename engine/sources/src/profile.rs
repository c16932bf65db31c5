//! A saved profile in place of the reference's rows.

use crate::files::NO_FIELDS;
use arrow::datatypes::SchemaRef;
use driftline_core::catalogue::{Direction, Doc, SourceEntry, read_parameters, schema_of};
use driftline_core::saved::SavedProfile;
use driftline_core::source::{Derived, Piece, Scan, Source, SourceError};
use futures::stream::{BoxStream, StreamExt};
use schemars::JsonSchema;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const ENTRY: SourceEntry = SourceEntry {
    doc: Doc {
        name: "profile",
        aliases: &[],
        summary: "A profile that `driftline profile` made, in place of the reference's rows.",
        description: "Gives what the rows would give, for all that the profile holds; anything else is an error that names it. It has no rows: a filter, a query or a \
transform cannot look at them.",
        formula: "",
        direction: Direction::Neither,
        fields: NO_FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[source.reference]\nkind = \"profile\"\npath = \"reference.profile\"",
        reference: "engine/core/src/saved.rs",
    },
    open: |component, folder, diagnostics| {
        let Parameters { path } = read_parameters(component, diagnostics)?;
        let path = folder.join(path);
        Some(Box::new(move |_| Box::pin(async move { open(&path) })))
    },
};

#[derive(Debug, Deserialize, JsonSchema)]
struct Parameters {
    /// The file, relative to the spec.
    path: String,
}

fn open(path: &Path) -> Result<Arc<dyn Source>, SourceError> {
    let named = |e: String| SourceError(format!("{}: {e}", path.display()));
    let (saved, digest) = SavedProfile::read(path).map_err(named)?;
    let schema = saved.schema().map_err(named)?;
    Ok(Arc::new(Saved { path: path.into(), saved, digest, schema }))
}

#[derive(Clone)]
struct Saved {
    path: PathBuf,
    saved: Arc<SavedProfile>,
    digest: String,
    schema: SchemaRef,
}

impl Source for Saved {
    fn location(&self) -> String {
        self.path.display().to_string()
    }

    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn rows(&self) -> Option<u64> {
        Some(self.saved.rows)
    }

    fn check_filter(&self, filter: &str) -> Result<(), String> {
        match self.saved.slices.contains_key(filter) {
            true => Ok(()),
            false => Err("the profile has no rows to choose from, and was not made with this expression; make it with `driftline profile SPEC.toml`".into()),
        }
    }

    /// What the profile was made with is there already.
    fn derive(&self, derived: Derived) -> Result<Arc<dyn Source>, String> {
        let slice = derived.name.strip_prefix("where ").is_some_and(|filter| self.saved.slices.contains_key(filter));
        match slice || self.schema.column_with_name(&derived.name).is_some() {
            true => Ok(Arc::new(self.clone())),
            false => Err(format!("the profile was made without the column `{}`", derived.name)),
        }
    }

    fn fingerprint(&self) -> Option<String> {
        Some(self.digest.clone())
    }

    fn is_columnar(&self) -> bool {
        true
    }

    fn scan(&self, _scan: Scan) -> BoxStream<'static, Result<Piece, SourceError>> {
        let error = SourceError(format!("{}: a profile has no rows", self.path.display()));
        futures::stream::iter([Err(error)]).boxed()
    }

    fn saved(&self) -> Option<Arc<SavedProfile>> {
        Some(self.saved.clone())
    }
}
