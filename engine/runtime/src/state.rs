//! What outlives a run: the number of evaluations and the last status of each check.

use driftline_core::outcome::{Outcome, Status};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Remembered {
    /// Evaluations so far.
    evaluations: u64,
    /// By `suite/check id`.
    statuses: BTreeMap<String, Status>,
}

/// The state folder of a monitor; without one nothing is remembered.
pub struct StateFolder(Option<PathBuf>);

impl StateFolder {
    pub fn new(folder: Option<&Path>, monitor: &str) -> Self {
        Self(folder.map(|f| f.join(format!("{monitor}.json"))))
    }

    fn read(&self) -> Result<Remembered, String> {
        let Some(path) = &self.0 else { return Ok(Remembered::default()) };
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|e| format!("{} is damaged ({e}); remove it to start anew", path.display())),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Remembered::default()),
            Err(e) => Err(format!("{} cannot be read: {e}", path.display())),
        }
    }

    /// Gives an outcome its revision and previous statuses, and remembers it. The file is replaced whole.
    pub fn remember(&self, outcome: &mut Outcome) -> Result<(), String> {
        let Some(path) = &self.0 else { return Ok(()) };
        let mut remembered = self.read()?;
        outcome.revision = remembered.evaluations;
        for suite in &mut outcome.suites {
            for check in &mut suite.checks {
                let key = format!("{}/{}", suite.name, check.id);
                check.previous_status = remembered.statuses.insert(key, check.status);
            }
        }
        remembered.evaluations += 1;
        write(path, &remembered).map_err(|e| format!("{} cannot be written: {e}", path.display()))
    }
}

fn write(path: &Path, remembered: &Remembered) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let file = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer_pretty(&file, remembered)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
