//! Errors of a spec, each with its place, an excerpt and the fix; all of them at once.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::ops::Range;

/// Byte range in a [`Text`].
pub type Span = Range<usize>;

/// One error of a spec.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    pub message: String,
    pub span: Option<Span>,
    /// How to mend it.
    pub help: Option<String>,
}

impl Diagnostic {
    pub fn at(span: Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), span: Some(span), help: None }
    }

    pub fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into();
        self
    }
}

/// Collects errors, so that the user sees all of them in one go.
#[derive(Debug, Default, Clone)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
    /// Values from the environment, with the places where they stand for something: they may be secret, and no message shows them.
    hidden: Vec<(Span, String)>,
    /// The same values, whole.
    hidden_values: Vec<String>,
}

impl Diagnostics {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let diagnostic = self.without_hidden(diagnostic);
        if !self.found.contains(&diagnostic) {
            self.found.push(diagnostic);
        }
    }

    /// Keeps a value, and every part of it, out of all messages about this place.
    pub fn hide(&mut self, span: Span, value: &str) {
        // Messages quote parts: of an array or a table, the words of a condition or a pattern. What is shorter says nothing.
        let words = value.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 3);
        let parts = words.chain([value, value.trim()]).filter(|part| !part.is_empty());
        self.hidden_values.push(value.to_lowercase());
        self.hidden.extend(parts.map(|part| (span.clone(), part.to_lowercase())));
    }

    /// A message that has a hidden value in it, in whatever form, says no more than where and that it is wrong.
    fn without_hidden(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        let Some(at) = diagnostic.span.clone() else { return diagnostic };
        // A message about a whole table is about each of its values.
        let here = || self.hidden.iter().filter(|(span, _)| at.start < span.end.max(span.start + 1) && span.start < at.end.max(at.start + 1));
        // Elsewhere a whole value is what a message must not show; a short one is part of any.
        let whole = || self.hidden_values.iter().filter(|value| value.len() > 3);
        let tells = |text: &str| {
            let text = text.to_lowercase();
            here().any(|(_, value)| text.contains(value)) || whole().any(|value| text.contains(value))
        };
        if tells(&diagnostic.message) {
            let key = diagnostic.message.split_once("`: ").map(|(key, _)| format!("{key}`: ")).filter(|key| !here().any(|(_, v)| key.contains(v)));
            diagnostic.message = key.unwrap_or_default() + "the value that the environment gives is not valid here (it is not shown)";
        }
        diagnostic.help = diagnostic.help.filter(|help| !tells(help));
        diagnostic
    }

    /// Takes those that came after the first `len`.
    pub fn split_off(&mut self, len: usize) -> Vec<Diagnostic> {
        self.found.split_off(len.min(self.found.len()))
    }

    pub fn error(&mut self, span: &Span, message: impl Into<String>) {
        self.push(Diagnostic::at(span.clone(), message));
    }

    /// Whether something was found wrong at exactly this place.
    pub fn has_at(&self, span: &Span) -> bool {
        self.found.iter().any(|d| d.span.as_ref() == Some(span))
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub fn len(&self) -> usize {
        self.found.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.found.iter()
    }
}

/// A value that came from an environment variable and is part of the spec.
#[derive(Debug, Clone)]
pub struct Override {
    pub variable: String,
    pub span: Span,
}

/// The text of a spec: the file, followed by the values of the overriding environment variables, so that one span names either.
#[derive(Debug, Clone)]
pub struct Text {
    pub path: String,
    text: String,
    file_end: usize,
    overrides: Vec<Override>,
}

impl Text {
    pub fn new(path: impl Into<String>, file: impl Into<String>) -> Self {
        let text = file.into();
        Self { path: path.into(), file_end: text.len(), text, overrides: Vec::new() }
    }

    /// Appends the value of an overriding variable.
    pub fn add_override(&mut self, variable: &str, value: &str) {
        self.text.push('\n');
        let start = self.text.len();
        self.text.push_str(value);
        self.overrides.push(Override { variable: variable.into(), span: start..self.text.len() });
    }

    pub fn file(&self) -> &str {
        &self.text[..self.file_end]
    }

    pub fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    pub fn slice(&self, span: &Span) -> &str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// An error in one line, beginning with its place: of a log, or of what the world outside of the spec is to blame for.
    pub fn line(&self, diagnostic: &Diagnostic) -> String {
        let Some(span) = &diagnostic.span else { return diagnostic.message.clone() };
        let (path, text, span) = self.locate(span);
        let before = text.get(..span.start).unwrap_or(text);
        let (line, column) = (before.matches('\n').count() + 1, before.chars().rev().take_while(|c| *c != '\n').count() + 1);
        let help = diagnostic.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        format!("{path}:{line}:{column}: {}{help}", diagnostic.message)
    }

    /// All errors as text, in order of their place.
    pub fn render(&self, diagnostics: &Diagnostics, colour: bool) -> String {
        let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
        sorted.sort_by_key(|d| d.span.as_ref().map_or(0, |s| s.start));
        let pages: Vec<String> = sorted.iter().map(|d| self.render_one(d, colour)).collect();
        pages.join("\n\n")
    }

    fn render_one(&self, diagnostic: &Diagnostic, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut group = Group::with_title(Level::ERROR.primary_title(&diagnostic.message));
        if let Some(span) = &diagnostic.span {
            let (path, text, span) = self.locate(span);
            let snippet = Snippet::source(text).path(path).annotation(AnnotationKind::Primary.span(span));
            group = group.element(snippet);
        }
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(help));
        }
        renderer.render(&[group])
    }

    /// Which text a span is in: the file, or an overriding variable's value (which may be secret and is not shown).
    fn locate(&self, span: &Span) -> (String, &str, Span) {
        match self.overrides.iter().find(|o| span.start >= o.span.start && span.start <= o.span.end) {
            Some(o) => (format!("environment variable {}", o.variable), "(value not shown)", 0..17),
            None => {
                let end = span.end.min(self.file_end);
                (self.path.clone(), self.file(), span.start.min(end)..end)
            }
        }
    }
}
