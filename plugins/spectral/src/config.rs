//! The config of `spectral`.

use plugin_options::{Key, Kind, Options};
use spectral_dsp::Params;

/// The keys; their checks and the JSON Schema come from here.
pub const KEYS: &[Key] = &[
    Key {
        name: "sample_rate",
        summary: "Samples a second (Hz). Required for lists of samples; a WAV clip with another rate becomes null.",
        kind: Kind::Integer { default: None, min: 1, max: 768_000 },
    },
    Key {
        name: "n_fft",
        summary: "Length of a frame in samples. Powers of two are fastest.",
        kind: Kind::Integer { default: Some(2048), min: 2, max: 65_536 },
    },
    Key {
        name: "hop_length",
        summary: "Samples from the start of one frame to the start of the next.",
        kind: Kind::Integer { default: Some(512), min: 1, max: 1_048_576 },
    },
    Key {
        name: "roll_percent",
        summary: "Share of a spectrum's magnitude that lies up to the roll-off frequency; above 0 and below 1.",
        kind: Kind::Number { default: Some(0.85), min: 0.0, max: 1.0 },
    },
];

/// A checked config.
#[derive(Debug)]
pub struct Config {
    /// In Hz.
    pub sample_rate: Option<u32>,
    pub params: Params,
}

impl Config {
    /// Reads the config for an `audio` input of an Arrow type, "Binary" or "List(Float32)".
    pub fn parse(config: &str, arrow_type: &str) -> Result<Config, String> {
        let options = Options::parse(config, KEYS)?;
        let size = |name| options.integer(name).and_then(|v| usize::try_from(v).ok()).unwrap_or(1);
        let roll_percent = options.number("roll_percent").unwrap_or_default();
        if roll_percent <= 0.0 || roll_percent >= 1.0 {
            return Err(format!("`roll_percent` must be above 0 and below 1, not {roll_percent}"));
        }
        let params = Params { n_fft: size("n_fft"), hop_length: size("hop_length"), roll_percent };
        let sample_rate = options.integer("sample_rate").and_then(|v| u32::try_from(v).ok());
        if sample_rate.is_none() && arrow_type != "Binary" {
            return Err(format!("`sample_rate` is required: `audio` is {arrow_type}, which does not tell its rate"));
        }
        Ok(Config { sample_rate, params })
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, KEYS};
    use spectral_dsp::Params;

    fn error(config: &str) -> String {
        Config::parse(config, "Binary").unwrap_err()
    }

    #[test]
    fn defaults_are_librosas() {
        let params = Config::parse("{}", "Binary").unwrap().params;
        assert_eq!(params, Params { n_fft: 2048, hop_length: 512, roll_percent: 0.85 });
        assert!(plugin_options::schema(KEYS).contains("\"default\":0.85"));
    }

    #[test]
    fn only_wav_knows_its_rate() {
        assert_eq!(Config::parse("{}", "Binary").unwrap().sample_rate, None);
        assert_eq!(Config::parse(r#"{"sample_rate": 8000}"#, "List(Float32)").unwrap().sample_rate, Some(8000));
        let error = Config::parse("{}", "List(Float32)").unwrap_err();
        assert_eq!(error, "`sample_rate` is required: `audio` is List(Float32), which does not tell its rate");
    }

    #[test]
    fn impossible_values_are_named() {
        assert_eq!(error(r#"{"roll_percent": 1}"#), "`roll_percent` must be above 0 and below 1, not 1");
        assert_eq!(error(r#"{"roll_percent": 0.0}"#), "`roll_percent` must be above 0 and below 1, not 0");
        assert_eq!(error(r#"{"roll_percent": 85}"#), "`roll_percent` must be a number from 0 to 1, not 85");
        assert_eq!(error(r#"{"n_fft": 1}"#), "`n_fft` must be a whole number from 2 to 65536, not 1");
        assert_eq!(error(r#"{"hop_length": "x"}"#), "`hop_length` must be a whole number from 1 to 1048576, not \"x\"");
        assert!(error(r#"{"roll": 0.5}"#).starts_with("unknown key `roll`"));
    }
}
