//! What the environment adds to a spec: `${NAME}` inside strings, and `DRIFTLINE__TABLE__KEY=value` overrides.

use crate::diagnostic::{Diagnostic, Diagnostics, Override, Span, Text};
use std::borrow::Cow;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Environment variables as a spec sees them.
pub type Environment = BTreeMap<String, String>;

const PREFIX: &str = "DRIFTLINE__";

/// Appends the overriding variables to the spec's text.
pub fn append_overrides(text: &mut Text, environment: &Environment) {
    for (name, value) in environment.range(PREFIX.to_owned()..).take_while(|(n, _)| n.starts_with(PREFIX)) {
        text.add_override(name, value);
    }
}

/// Puts each override in its place, making tables on the way.
pub fn apply_overrides<'a>(root: &mut DeTable<'a>, text: &'a Text, diagnostics: &mut Diagnostics) {
    for item in text.overrides() {
        let path: Vec<String> = item.variable[PREFIX.len()..].split("__").map(str::to_lowercase).collect();
        let value = value_of(text.slice(&item.span), &item.span);
        diagnostics.hide(item.span.clone(), text.slice(&item.span));
        hide_parts(value.get_ref(), &item.span, diagnostics);
        if let Err(message) = insert(root, &path, value, item) {
            diagnostics.error(&item.span, message);
        }
    }
}

fn insert<'a>(root: &mut DeTable<'a>, path: &[String], value: Spanned<DeValue<'a>>, item: &Override) -> Result<(), String> {
    let (last, tables) = path.split_last().ok_or("names no key")?;
    if path.iter().any(String::is_empty) {
        return Err(format!("{} has an empty part; parts are separated by two underscores", item.variable));
    }
    let mut table = root;
    for name in tables {
        let key = Spanned::new(item.span.clone(), Cow::Owned(name.clone()));
        let entry = table.entry(key).or_insert_with(|| Spanned::new(item.span.clone(), DeValue::Table(DeTable::new())));
        table = match entry.get_mut() {
            DeValue::Table(table) => table,
            DeValue::Array(_) => return Err(format!("`{name}` is an array of tables, which no variable can address")),
            other => return Err(format!("`{name}` is a {}, not a table", other.type_str())),
        };
    }
    table.insert(Spanned::new(item.span.clone(), Cow::Owned(last.clone())), value);
    Ok(())
}

/// A value is shown as it was read, which need not be as it was written.
fn hide_parts(value: &DeValue<'_>, span: &Span, diagnostics: &mut Diagnostics) {
    match value {
        DeValue::String(text) => diagnostics.hide(span.clone(), text),
        DeValue::Integer(i) => diagnostics.hide(span.clone(), &i64::from_str_radix(i.as_str(), i.radix()).map_or(i.to_string(), |i| i.to_string())),
        DeValue::Float(f) => diagnostics.hide(span.clone(), &f.as_str().parse::<f64>().map_or(f.to_string(), |f| f.to_string())),
        DeValue::Array(items) => items.iter().for_each(|item| hide_parts(item.get_ref(), span, diagnostics)),
        DeValue::Table(table) => table.values().for_each(|item| hide_parts(item.get_ref(), span, diagnostics)),
        _ => {}
    }
}

/// The variable's value as TOML, or as a string where it is not TOML.
fn value_of<'a>(value: &'a str, span: &Span) -> Spanned<DeValue<'a>> {
    let parsed = DeValue::parse(value.trim()).map(Spanned::into_inner).unwrap_or(DeValue::String(Cow::Borrowed(value)));
    Spanned::new(span.clone(), respan(parsed, span))
}

/// Gives every part of an override the override's span.
fn respan<'a>(value: DeValue<'a>, span: &Span) -> DeValue<'a> {
    match value {
        DeValue::Array(items) => {
            DeValue::Array(items.into_iter().map(|i| Spanned::new(span.clone(), respan(i.into_inner(), span))).collect())
        }
        DeValue::Table(table) => {
            let entries = table.into_iter().map(|(k, v)| {
                (Spanned::new(span.clone(), k.into_inner()), Spanned::new(span.clone(), respan(v.into_inner(), span)))
            });
            DeValue::Table(entries.collect())
        }
        other => other,
    }
}

/// Replaces `${NAME}` and `${NAME:-default}` in every string of the file; `$$` is a dollar sign. Overrides are taken as they are.
pub fn interpolate(table: &mut DeTable<'_>, text: &Text, environment: &Environment, diagnostics: &mut Diagnostics) {
    for (_, value) in table.iter_mut() {
        interpolate_value(value, text, environment, diagnostics);
    }
}

fn interpolate_value(value: &mut Spanned<DeValue<'_>>, text: &Text, environment: &Environment, diagnostics: &mut Diagnostics) {
    let span = value.span();
    match value.get_mut() {
        DeValue::String(_) if span.start >= text.file().len() => {}
        DeValue::String(s) if s.contains('$') => match expand(s, environment) {
            Ok(Expanded { text, variables }) => {
                if !variables.is_empty() {
                    variables.iter().chain([&text]).for_each(|value| diagnostics.hide(span.clone(), value));
                }
                *s = Cow::Owned(text);
            }
            Err(message) => diagnostics.push(
                Diagnostic::at(span, message)
                    .help("write ${NAME}, ${NAME:-default}, or $$ for a dollar sign".to_owned()),
            ),
        },
        DeValue::Array(items) => items.iter_mut().for_each(|i| interpolate_value(i, text, environment, diagnostics)),
        DeValue::Table(table) => interpolate(table, text, environment, diagnostics),
        _ => {}
    }
}

/// A string with its variables replaced, and the values that were put in: they may be secret.
struct Expanded {
    text: String,
    variables: Vec<String>,
}

fn expand(text: &str, environment: &Environment) -> Result<Expanded, String> {
    let (mut out, mut variables) = (String::with_capacity(text.len()), Vec::new());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{') {
            let (inside, after) = after.split_once('}').ok_or("`${` without `}`")?;
            let value = variable(inside, environment)?;
            out.push_str(&value);
            // A default stands in the file for all to see.
            variables.extend(environment.values().any(|set| *set == value).then_some(value));
            rest = after;
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    Ok(Expanded { text: out, variables })
}

fn variable(inside: &str, environment: &Environment) -> Result<String, String> {
    let (name, default) = inside.split_once(":-").map_or((inside, None), |(n, d)| (n, Some(d)));
    match environment.get(name).filter(|v| !v.is_empty() || default.is_none()) {
        Some(value) => Ok(value.clone()),
        None => default.map(str::to_owned).ok_or(format!("environment variable `{name}` is not set")),
    }
}
