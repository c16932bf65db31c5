//! The config of `clipping`.

use crate::detect::Limits;
use plugin_options::{Key, Kind, Options};

/// The keys; their checks and the JSON Schema come from here.
pub const KEYS: &[Key] = &[
    Key {
        name: "level",
        summary: "Absolute value from which a sample counts as clipped; full scale is 1. \
                  8-bit clips reach 0.992 on the positive side, so they need a lower level.",
        kind: Kind::Number { default: Some(0.999), min: 0.0, max: 1.0 },
    },
    Key {
        name: "clipped_run",
        summary: "Number of consecutive samples at `level` that make a clip clipped.",
        kind: Kind::Integer { default: Some(3), min: 1, max: 1_000_000 },
    },
    Key {
        name: "silence_dbfs",
        summary: "A clip whose root mean square is below this is silent, in decibels relative to full scale (0 dB is a \
                  constant 1; a full-scale sine has -3 dB).",
        kind: Kind::Number { default: Some(-60.0), min: -200.0, max: 0.0 },
    },
];

/// Reads and checks the config.
pub fn parse(config: &str) -> Result<Limits, String> {
    let options = Options::parse(config, KEYS)?;
    let number = |name| options.number(name).ok_or_else(|| format!("`{name}` is required"));
    let run = options.integer("clipped_run").and_then(|run| u32::try_from(run).ok());
    Ok(Limits {
        level: number("level")?,
        clipped_run: run.ok_or("`clipped_run` is required")?,
        silence_dbfs: number("silence_dbfs")?,
    })
}

#[cfg(test)]
mod tests {
    use crate::detect::Limits;

    #[test]
    fn defaults_and_errors() {
        let defaults = Limits { level: 0.999, clipped_run: 3, silence_dbfs: -60.0 };
        assert_eq!(super::parse("{}"), Ok(defaults));
        assert_eq!(super::parse(r#"{"level": 2}"#), Err("`level` must be a number from 0 to 1, not 2".into()));
        assert!(super::parse(r#"{"clipped_run": 0}"#).is_err());
        assert!(super::parse(r#"{"silence": -50}"#).is_err());
    }
}
