//! What does not fit in memory, in a file without a name: it is gone with its last reader, however the process ends.

use std::fs::File;
use std::io::{BufWriter, Read, Result, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Parts written one after another to one file.
#[derive(Debug)]
pub(super) struct Spill {
    folder: PathBuf,
    file: Option<Arc<File>>,
    length: u64,
}

const BUFFER: usize = 64 << 10;

impl Spill {
    /// Makes its file in `folder` when it is first needed.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.into(), file: None, length: 0 }
    }

    /// Writes a part. The error names the folder.
    pub fn append<const N: usize>(&mut self, items: impl IntoIterator<Item = [u8; N]>) -> std::result::Result<Part, String> {
        let folder = self.folder.display().to_string();
        self.write(items).map_err(|e| format!("no room in memory, and {folder} cannot be written: {e}"))
    }

    fn write<const N: usize>(&mut self, items: impl IntoIterator<Item = [u8; N]>) -> Result<Part> {
        let file = match &self.file {
            Some(file) => file.clone(),
            None => self.file.insert(Arc::new(tempfile::tempfile_in(&self.folder)?)).clone(),
        };
        let start = self.length;
        let mut out = BufWriter::with_capacity(BUFFER, file.as_ref());
        for item in items {
            out.write_all(&item)?;
            self.length += N as u64;
        }
        out.flush()?;
        drop(out);
        Ok(Part { file, start, end: self.length })
    }
}

/// A part of a file, read by itself, from its start: several readers do not disturb each other.
#[derive(Debug, Clone)]
pub(super) struct Part {
    file: Arc<File>,
    start: u64,
    end: u64,
}

impl Part {
    pub fn length(&self) -> u64 {
        self.end - self.start
    }

    /// A piece of the part, from a byte to another one, counted from its start.
    pub fn slice(&self, from: u64, to: u64) -> Part {
        Part { file: self.file.clone(), start: self.start + from, end: self.start + to }
    }
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let most = usize::try_from(self.length()).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read_at(&mut buffer[..most], self.start)?;
        self.start += read as u64;
        Ok(read)
    }
}
