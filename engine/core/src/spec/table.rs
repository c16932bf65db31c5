//! A TOML table with spans, of which each reader takes the keys that it knows; what is left over is an error.

use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::name::suggestion;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

/// A table of the spec.
#[derive(Debug, Clone)]
pub struct Table<'a> {
    pub span: Span,
    entries: DeTable<'a>,
    known: Vec<String>,
}

/// The names of a type's fields, from its JSON Schema.
pub fn field_names<T: JsonSchema>() -> Vec<String> {
    let schema = schemars::schema_for!(T);
    let properties = schema.get("properties").and_then(|p| p.as_object());
    properties.map(|p| p.keys().cloned().collect()).unwrap_or_default()
}

impl<'a> Table<'a> {
    pub fn new(span: Span, entries: DeTable<'a>) -> Self {
        Self { span, entries, known: Vec::new() }
    }

    /// The table that a text of our own describes, as if it stood at `span`. A text that is no TOML is an empty table; tests read each.
    pub fn written(text: &'a str, span: &Span) -> Self {
        let entries = DeTable::parse(text).map(|parsed| parsed.into_inner()).unwrap_or_default();
        Self::new(span.clone(), entries_at(entries, span))
    }

    /// Adds the entries of another table whose keys this one lacks.
    pub fn fill(&mut self, other: Table<'a>) {
        for (key, value) in other.entries {
            if !self.entries.contains_key(&key) {
                self.entries.insert(key, value);
            }
        }
    }

    /// Puts an entry in the place of the one with its name.
    pub fn set(&mut self, key: &'static str, value: Spanned<DeValue<'a>>) {
        self.entries.insert(Spanned::new(value.span(), key.into()), value);
    }

    /// The table as a value.
    pub fn into_value(self) -> Spanned<DeValue<'a>> {
        Spanned::new(self.span, DeValue::Table(self.entries))
    }

    /// Takes the fields of `T` and reads them. Every wrong one is reported; `None` if any was.
    pub fn take<T: DeserializeOwned + JsonSchema>(&mut self, diagnostics: &mut Diagnostics) -> Option<T> {
        let names = field_names::<T>();
        let mut own = DeTable::new();
        for name in &names {
            if let Some((key, value)) = self.entries.remove_entry(name.as_str()) {
                own.insert(key, value);
            }
        }
        self.known.extend(names);
        read(own, &self.span, diagnostics)
    }

    /// Takes one entry as it is.
    pub fn take_value(&mut self, key: &str) -> Option<(Span, Spanned<DeValue<'a>>)> {
        self.known.push(key.into());
        self.entries.remove_entry(key).map(|(k, v)| (k.span(), v))
    }

    /// Takes a table; another type of value is an error.
    pub fn take_table(&mut self, key: &str, diagnostics: &mut Diagnostics) -> Option<Table<'a>> {
        let (key_span, value) = self.take_value(key)?;
        into_table(key, key_span, value, diagnostics)
    }

    /// Takes an array of tables; another type of value is an error.
    pub fn take_tables(&mut self, key: &str, diagnostics: &mut Diagnostics) -> Vec<Table<'a>> {
        let Some((span, value)) = self.take_value(key) else { return Vec::new() };
        match value.into_inner() {
            DeValue::Array(items) => {
                items.into_iter().filter_map(|item| into_table(key, item.span(), item, diagnostics)).collect()
            }
            other => {
                let message = format!("`{key}` must be an array of tables (`[[{key}]]`), not a {}", other.type_str());
                diagnostics.error(&span, message);
                Vec::new()
            }
        }
    }

    /// Takes every entry that is left, each a table, with its name and the name's span.
    pub fn take_all_tables(&mut self, diagnostics: &mut Diagnostics) -> Vec<(String, Table<'a>)> {
        let entries = std::mem::take(&mut self.entries);
        let named = entries.into_iter().map(|(k, v)| (k.span(), k.into_inner().into_owned(), v));
        named.filter_map(|(span, name, v)| Some((name.clone(), into_table(&name, span, v, diagnostics)?))).collect()
    }

    /// Takes every entry that is left, with its name.
    pub fn take_all_values(&mut self) -> Vec<(String, Spanned<DeValue<'a>>)> {
        let entries = std::mem::take(&mut self.entries);
        entries.into_iter().map(|(k, v)| (k.into_inner().into_owned(), v)).collect()
    }

    /// Where the value of a key stands; the table, where it has none.
    pub fn span_of(&self, key: &str) -> Span {
        self.entries.get(key).map_or_else(|| self.span.clone(), |value| value.span())
    }

    pub fn contains(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Whether it has a key of another table.
    pub fn has_any_of(&self, other: &Table<'_>) -> bool {
        other.entries.keys().any(|key| self.entries.contains_key(key.get_ref().as_ref()))
    }

    /// The entries that are left, as JSON.
    pub fn json(&self) -> serde_json::Value {
        super::Config::new(&Spanned::new(self.span.clone(), DeValue::Table(self.entries.clone()))).value
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Reports every key that nobody took.
    pub fn finish(self, what: &str, diagnostics: &mut Diagnostics) {
        for key in self.entries.keys() {
            let name: &str = key.get_ref();
            let help = suggestion(name, self.known.iter().map(String::as_str));
            diagnostics.push(Diagnostic::at(key.span(), format!("unknown key `{name}` in {what}")).help(help));
        }
    }
}

fn entries_at<'a>(entries: DeTable<'a>, span: &Span) -> DeTable<'a> {
    let at = |value: DeValue<'a>| match value {
        DeValue::Table(entries) => DeValue::Table(entries_at(entries, span)),
        other => other,
    };
    let entry = |(key, value): (Spanned<std::borrow::Cow<'a, str>>, Spanned<DeValue<'a>>)| {
        (Spanned::new(span.clone(), key.into_inner()), Spanned::new(span.clone(), at(value.into_inner())))
    };
    entries.into_iter().map(entry).collect()
}

fn into_table<'a>(key: &str, span: Span, value: Spanned<DeValue<'a>>, diagnostics: &mut Diagnostics) -> Option<Table<'a>> {
    match value.into_inner() {
        DeValue::Table(entries) => Some(Table::new(span, entries)),
        other => {
            diagnostics.error(&span, format!("`{key}` must be a table, not a {}", other.type_str()));
            None
        }
    }
}

/// Deserialises again and again, each time without the entry that was wrong, so that every wrong entry is reported.
fn read<T: DeserializeOwned>(mut own: DeTable<'_>, span: &Span, diagnostics: &mut Diagnostics) -> Option<T> {
    let mut removed: Vec<String> = Vec::new();
    loop {
        let error = match T::deserialize(Deserializer::from(Spanned::new(span.clone(), own.clone()))) {
            Ok(value) => return removed.is_empty().then_some(value),
            Err(error) => error,
        };
        let message = error.message().to_owned();
        if removed.iter().any(|r| message == format!("missing field `{r}`")) {
            return None;
        }
        let wrong = own.iter().find(|(k, v)| covers(&error, k.span(), v.span())).map(|(k, v)| (k.clone(), v.span()));
        match wrong {
            Some((key, value_span)) => {
                let at = error.span().filter(|s| !s.is_empty()).unwrap_or(value_span);
                diagnostics.push(Diagnostic::at(at, describe(key.get_ref(), &message)).help(nearest_variant(&message)));
                own.remove(key.get_ref().as_ref());
                removed.push(key.into_inner().into_owned());
            }
            None => {
                let message = message.replace("missing field", "missing key");
                diagnostics.error(&error.span().filter(|s| !s.is_empty()).unwrap_or(span.clone()), message);
                return None;
            }
        }
    }
}

fn covers(error: &toml::de::Error, key: Span, value: Span) -> bool {
    let whole = key.start.min(value.start)..key.end.max(value.end);
    error.span().is_some_and(|s| s.start >= whole.start && s.end <= whole.end)
}

/// Serde names Rust's types; people know numbers.
fn describe(key: &str, message: &str) -> String {
    const TYPES: [(&str, &str); 5] = [
        ("expected f64", "expected a number"),
        ("expected usize", "expected a whole number from 0 on"),
        ("expected u64", "expected a whole number from 0 on"),
        ("expected u32", "expected a whole number from 0 on"),
        ("expected i64", "expected a whole number"),
    ];
    let told = TYPES.iter().fold(message.trim_end().to_owned(), |told, (from, to)| told.replace(from, to));
    format!("`{key}`: {told}")
}

/// Serde lists the valid variants in backticks; the nearest one is the likely fix.
fn nearest_variant(message: &str) -> Option<String> {
    let rest = message.strip_prefix("unknown variant `")?;
    let mut quoted = rest.split('`').step_by(2);
    let wrong = quoted.next()?;
    suggestion(wrong, quoted.filter(|q| !q.is_empty()).collect::<Vec<_>>())
}
