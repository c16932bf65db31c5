use crate::{Key, Kind, Options, schema};
use serde_json::{Value, json};

const KEYS: &[Key] = &[
    Key { name: "size", summary: "Size in samples.", kind: Kind::Integer { default: Some(8), min: 2, max: 64 } },
    Key { name: "level", summary: "Level.", kind: Kind::Number { default: None, min: 0.0, max: 1.0 } },
    Key { name: "mode", summary: "Mode.", kind: Kind::Choice { default: Some("good"), values: &["good", "bad"] } },
];

fn error(config: &str) -> String {
    Options::parse(config, KEYS).err().expect("an error")
}

#[test]
fn defaults_stand_in_for_absent_keys() {
    let options = Options::parse("{}", KEYS).unwrap();
    assert_eq!(options.integer("size"), Some(8));
    assert_eq!(options.number("level"), None);
    assert_eq!(options.text("mode"), Some("good"));
}

#[test]
fn given_values_win() {
    let options = Options::parse(r#"{"size": 16.0, "level": 1, "mode": "bad"}"#, KEYS).unwrap();
    assert_eq!(options.integer("size"), Some(16));
    assert_eq!(options.number("level"), Some(1.0));
    assert_eq!(options.text("mode"), Some("bad"));
}

#[test]
fn errors_name_key_and_value() {
    assert_eq!(error(r#"{"sise": 3}"#), "unknown key `sise`; the keys are size, level, mode");
    assert_eq!(error(r#"{"size": 1}"#), "`size` must be a whole number from 2 to 64, not 1");
    assert_eq!(error(r#"{"size": 2.5}"#), "`size` must be a whole number from 2 to 64, not 2.5");
    assert_eq!(error(r#"{"size": 1e300}"#), "`size` must be a whole number from 2 to 64, not 1e+300");
    assert_eq!(error(r#"{"level": "high"}"#), "`level` must be a number from 0 to 1, not \"high\"");
    assert_eq!(error(r#"{"mode": "ugly"}"#), "`mode` must be one of good, bad, not \"ugly\"");
    assert_eq!(error("[]"), "the config must be a JSON object, not []");
    assert!(error("{").starts_with("the config is not JSON: "));
}

#[test]
fn schema_tells_what_is_checked() {
    let schema: Value = serde_json::from_str(&schema(KEYS)).unwrap();
    assert_eq!(schema["additionalProperties"], json!(false));
    let size = json!({"type": "integer", "minimum": 2, "maximum": 64, "default": 8, "description": "Size in samples."});
    assert_eq!(schema["properties"]["size"], size);
    assert_eq!(schema["properties"]["mode"]["enum"], json!(["good", "bad"]));
    assert_eq!(schema["properties"]["level"].get("default"), None);
}
