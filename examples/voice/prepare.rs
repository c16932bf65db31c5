//! Packs folders of WAV recordings into Arrow IPC files with the columns `name` and `audio` (the file's bytes).
//!
//! Usage: cargo run --release --example voice -- REFERENCE_FOLDER CURRENT_FOLDER OUT_FOLDER

use arrow::array::{ArrayRef, BinaryArray, RecordBatch, StringArray};
use arrow::ipc::writer::FileWriter;
use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [reference, current, out] = arguments.as_slice() else {
        return Err("usage: voice REFERENCE_FOLDER CURRENT_FOLDER OUT_FOLDER".into());
    };
    println!("{} reference recordings", pack(reference, &out.join("reference.arrow"))?);
    println!("{} current recordings", pack(current, &out.join("current.arrow"))?);
    Ok(())
}

/// Packs the recordings of a folder and returns their number.
pub fn pack(folder: &Path, out: &Path) -> Result<usize, Box<dyn Error>> {
    let mut paths = Vec::new();
    find(folder, &mut paths)?;
    paths.sort();
    let names: StringArray = paths.iter().map(|p| p.strip_prefix(folder).ok().and_then(|p| p.to_str())).collect();
    let audio = paths.iter().map(fs::read).collect::<Result<Vec<_>, _>>()?;
    let audio: BinaryArray = audio.iter().map(|bytes| Some(bytes.as_slice())).collect();
    let batch = RecordBatch::try_from_iter([("name", Arc::new(names) as ArrayRef), ("audio", Arc::new(audio))])?;
    let mut writer = FileWriter::try_new(File::create(out)?, &batch.schema())?;
    writer.write(&batch)?;
    writer.finish()?;
    Ok(paths.len())
}

fn find(folder: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, paths)?;
        } else if path.extension().is_some_and(|e| e == "wav") {
            paths.push(path);
        }
    }
    Ok(())
}
