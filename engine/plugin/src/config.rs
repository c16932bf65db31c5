//! A plugin's config against the JSON Schema that the plugin declares, each error at its place in the spec.

use boon::{Compiler, ErrorKind, SchemaIndex, Schemas, UrlLoader, ValidationError};
use driftline_core::diagnostic::{Diagnostic, Diagnostics};
use driftline_core::name::suggestion;
use driftline_core::spec::PluginSpec;
use serde_json::Value;

/// Nothing is fetched: the name only says which document the plugin's own references mean.
const DOCUMENT: &str = "urn:driftline:config-schema";

/// Adds an error for each part of the config that the schema refuses. `Err` if the schema itself is wrong.
pub(crate) fn check(schema: &str, spec: &PluginSpec, diagnostics: &mut Diagnostics) -> Result<(), String> {
    let Compiled { schema, schemas, index } = compile(schema)?;
    if let Err(error) = schemas.validate(&spec.config.value, index) {
        Report { spec, schema: &schema, left: MOST_TOLD, diagnostics }.add(&error);
    }
    Ok(())
}

/// A schema that configs can be checked against.
pub(crate) struct Compiled {
    schema: Value,
    schemas: Schemas,
    index: SchemaIndex,
}

/// Reads a schema. An error says what is wrong with it.
pub(crate) fn compile(schema: &str) -> Result<Compiled, String> {
    if schema.len() > LARGEST_SCHEMA {
        return Err(format!("its config schema has {} bytes; {LARGEST_SCHEMA} are the most", schema.len()));
    }
    let schema: Value = serde_json::from_str(schema).map_err(|e| format!("its config schema is not JSON: {e}"))?;
    let patterns = patterns(&schema);
    if patterns > MOST_PATTERNS {
        return Err(format!("its config schema has {patterns} patterns; more than {MOST_PATTERNS} could take for ever"));
    }
    expand(&schema, &schema, 0, &mut { MOST_NODES })?;
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.use_loader(Box::new(Nothing));
    let wrong = |e: boon::CompileError| format!("its config schema is not a JSON Schema: {}", crate::instance::short(&format!("{e:#}").replace('\n', " ")));
    compiler.add_resource(DOCUMENT, schema.clone()).map_err(wrong)?;
    let index = compiler.compile(DOCUMENT, &mut schemas).map_err(wrong)?;
    Ok(Compiled { schema, schemas, index })
}

/// Values of a schema with what its references stand for: each part of a config may be held against all of them.
const MOST_NODES: usize = 10_000;
/// References within references.
const DEEPEST: usize = 16;

/// Takes these values from what is `left`. References that have no end, or that are not to a place in the schema itself, are refused.
fn expand(node: &Value, schema: &Value, depth: usize, left: &mut usize) -> Result<(), String> {
    let too_many = || format!("its config schema comes to more than {MOST_NODES} values with all that its references stand for, which could take for ever");
    *left = left.checked_sub(1).ok_or_else(too_many)?;
    let keys = match node {
        Value::Object(keys) => keys,
        Value::Array(items) => return items.iter().try_for_each(|item| expand(item, schema, depth, left)),
        _ => return Ok(()),
    };
    keys.values().try_for_each(|value| expand(value, schema, depth, left))?;
    // Another base would give references another aim than here.
    let is_base = |key: &str| key == "$id" && !std::ptr::eq(node, schema);
    if let Some(key) = keys.keys().find(|key| (key.starts_with('$') && key.ends_with("Ref")) || is_base(key)) {
        return Err(format!("its config schema has `{key}`; `$ref` within one document alone can be followed"));
    }
    let Some(to) = keys.get("$ref").and_then(Value::as_str) else { return Ok(()) };
    let Some(pointer) = to.strip_prefix('#') else {
        return Err(format!("its config schema has a reference `{}` outside of the schema", crate::instance::short(to)));
    };
    match schema.pointer(pointer).filter(|_| depth < DEEPEST) {
        Some(target) => expand(target, schema, depth + 1, left),
        None => Err(format!("its config schema has references without an end or an aim, such as `#{}`", crate::instance::short(pointer))),
    }
}

/// Errors of a config that are told.
const MOST_TOLD: usize = 20;

/// Bytes of a schema, and regular expressions in it, each of which may take some megabytes.
const LARGEST_SCHEMA: usize = 64 << 10;
const MOST_PATTERNS: usize = 16;

fn patterns(schema: &Value) -> usize {
    let of = |key: &str, value: &Value| match (key, value) {
        ("patternProperties", Value::Object(patterns)) => patterns.len(),
        ("pattern" | "format", _) => 1,
        _ => 0,
    };
    match schema {
        Value::Object(keys) => keys.iter().map(|(key, value)| of(key, value) + patterns(value)).sum(),
        Value::Array(items) => items.iter().map(patterns).sum(),
        _ => 0,
    }
}

/// Fetches nothing: no file, no URL.
struct Nothing;

impl UrlLoader for Nothing {
    fn load(&self, url: &str) -> Result<Value, Box<dyn std::error::Error>> {
        Err(format!("`{url}` is outside of the schema").into())
    }
}

struct Report<'a> {
    spec: &'a PluginSpec,
    schema: &'a Value,
    /// Errors that may still be told.
    left: usize,
    diagnostics: &'a mut Diagnostics,
}

impl Report<'_> {
    /// The leaves of the tree of errors say what is wrong.
    fn add(&mut self, error: &ValidationError<'_, '_>) {
        if self.left == 0 {
            return;
        }
        let pointer = error.instance_location.to_string();
        match &error.kind {
            ErrorKind::AdditionalProperties { got } => got.iter().for_each(|key| self.unknown_key(&pointer, key)),
            kind if error.causes.is_empty() => {
                self.left -= 1;
                self.wrong(&pointer, &crate::instance::short(&kind.to_string()));
            }
            _ => error.causes.iter().for_each(|cause| self.add(cause)),
        }
    }

    fn unknown_key(&mut self, pointer: &str, key: &str) {
        let known = self.schema["properties"].as_object().filter(|_| pointer.is_empty());
        let help = known.and_then(|known| suggestion(key, known.keys().map(String::as_str)));
        let span = self.spec.config.key(&format!("{pointer}/{}", escape(key)));
        let message = format!("plugin `{}` has no config key `{key}`", self.spec.name);
        self.diagnostics.push(Diagnostic::at(span, message).help(help));
    }

    fn wrong(&mut self, pointer: &str, reason: &str) {
        let at = pointer.trim_start_matches('/');
        let place = if at.is_empty() { "config".to_owned() } else { format!("config `{at}`") };
        let message = format!("plugin `{}`: {place}: {}", self.spec.name, reason.replace('\'', "`"));
        self.diagnostics.push(Diagnostic::at(self.spec.config.value_at(pointer), message));
    }
}

/// A key as part of a JSON pointer (RFC 6901).
fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
