//! A profile as a file: the states of one side's accumulators, from which everything is computed that they were made for.
//!
//! Layout: the line `driftline.profile/1`, the postcard encoding of [`SavedProfile`], and the SHA-256 of both. The states have headers of
//! their own, so that a state of another version or other parameters is refused by name.

use crate::column::Kind;
use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// First line of the file.
const MAGIC: &[u8] = b"driftline.profile/1\n";
const DIGEST: usize = 32;

/// One side, saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedProfile {
    pub rows: u64,
    /// The seed of everything random in the states.
    pub seed: u64,
    /// Arrow IPC stream without batches.
    schema: Vec<u8>,
    pub columns: Vec<SavedColumn>,
    /// Rows for which each `where` was true.
    pub slices: BTreeMap<String, u64>,
    /// By slice (none: all rows) and the accumulator's key; a reason where there is none.
    pub states: BTreeMap<(Option<String>, String), Result<Vec<u8>, String>>,
    /// What was left out.
    pub counters: BTreeMap<String, u64>,
}

/// What type inference made of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedColumn {
    pub name: String,
    pub kind: Kind,
    pub sample: BTreeMap<String, usize>,
}

impl SavedProfile {
    /// A profile without states.
    pub fn new(rows: u64, seed: u64, schema: &SchemaRef, columns: Vec<SavedColumn>) -> Result<Self, String> {
        let mut writer = StreamWriter::try_new(Vec::new(), schema).map_err(|e| e.to_string())?;
        writer.finish().map_err(|e| e.to_string())?;
        let schema = writer.into_inner().map_err(|e| e.to_string())?;
        Ok(Self { rows, seed, schema, columns, slices: BTreeMap::new(), states: BTreeMap::new(), counters: BTreeMap::new() })
    }

    pub fn schema(&self) -> Result<SchemaRef, String> {
        Ok(StreamReader::try_new(self.schema.as_slice(), None).map_err(|e| format!("the profile's schema is damaged: {e}"))?.schema())
    }

    /// As bytes, with their digest.
    pub fn encode(&self) -> Result<Vec<u8>, String> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(postcard::to_stdvec(self).map_err(|e| e.to_string())?);
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        Ok(bytes)
    }

    /// Reads a file, and gives its digest as hexadecimal digits.
    pub fn read(path: &Path) -> Result<(Arc<Self>, String), String> {
        let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
        let body = bytes.strip_prefix(MAGIC).ok_or("it is no profile of this version; make one with `driftline profile`")?;
        let (body, digest) = body.split_at_checked(body.len().saturating_sub(DIGEST)).ok_or("it is cut short")?;
        if Sha256::digest(&bytes[..MAGIC.len() + body.len()]).as_slice() != digest {
            return Err("it is damaged: its digest is another one".into());
        }
        let saved = postcard::from_bytes(body).map_err(|e| format!("it cannot be read: {e}"))?;
        Ok((Arc::new(saved), digest.iter().map(|byte| format!("{byte:02x}")).collect()))
    }
}
