//! The config of `mfcc`.

use mfcc_dsp::Params;
use plugin_options::{Key, Kind, Options};

/// The keys; their checks and the JSON Schema come from here.
pub const KEYS: &[Key] = &[
    Key {
        name: "sample_rate",
        summary: "Samples a second (Hz). Required for lists of samples; a WAV clip with another rate becomes null.",
        kind: Kind::Integer { default: None, min: 1, max: 768_000 },
    },
    Key {
        name: "coefficients",
        summary: "Number of coefficients, and so of columns; at most n_mels.",
        kind: Kind::Integer { default: Some(13), min: 1, max: 256 },
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
        name: "n_mels",
        summary: "Number of mel filters between 0 Hz and half the sample rate.",
        kind: Kind::Integer { default: Some(128), min: 1, max: 1024 },
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
        let params = Params {
            coefficients: size("coefficients"),
            n_fft: size("n_fft"),
            hop_length: size("hop_length"),
            n_mels: size("n_mels"),
        };
        let Params { coefficients, n_mels, .. } = params;
        if coefficients > n_mels {
            return Err(format!("`coefficients` must be at most `n_mels` ({n_mels}), not {coefficients}"));
        }
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

    fn error(config: &str) -> String {
        Config::parse(config, "Binary").unwrap_err()
    }

    #[test]
    fn defaults_are_librosas() {
        let params = Config::parse("{}", "Binary").unwrap().params;
        let values = [params.coefficients, params.n_fft, params.hop_length, params.n_mels];
        assert_eq!(values, [13, 2048, 512, 128]);
        assert!(plugin_options::schema(KEYS).contains("\"default\":2048"));
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
        assert_eq!(
            error(r#"{"coefficients": 20, "n_mels": 10}"#),
            "`coefficients` must be at most `n_mels` (10), not 20"
        );
        assert_eq!(error(r#"{"n_fft": 1}"#), "`n_fft` must be a whole number from 2 to 65536, not 1");
        assert_eq!(error(r#"{"hop_length": "x"}"#), "`hop_length` must be a whole number from 1 to 1048576, not \"x\"");
        assert!(error(r#"{"n_fff": 2}"#).starts_with("unknown key `n_fff`"));
    }
}
