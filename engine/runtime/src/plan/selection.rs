//! Which columns `columns = …` means.

use super::plugins::Used;
use super::resolver::Resolver;
use driftline_core::column::{Column, Kind, Selector};
use driftline_core::diagnostic::{Diagnostic, Span};

/// What a selector came to.
pub(super) enum Selected {
    Columns(Vec<Column>),
    /// An unusable plugin would have added them.
    Unusable(String),
    Wrong,
}

impl Resolver<'_> {
    pub(super) fn select(&mut self, words: &[String], span: &Span, accepts: &[Kind]) -> Selected {
        if words.is_empty() {
            self.diagnostics.error(span, "`columns` names no column");
            return Selected::Wrong;
        }
        let mut selected: Vec<Column> = Vec::new();
        let mut wrong = false;
        for word in words {
            match self.select_word(word, span, accepts) {
                Selected::Columns(columns) => {
                    for column in columns {
                        if !selected.iter().any(|c| c.name == column.name) {
                            selected.push(column);
                        }
                    }
                }
                Selected::Unusable(reason) => return Selected::Unusable(reason),
                Selected::Wrong => wrong = true,
            }
        }
        if wrong { Selected::Wrong } else { Selected::Columns(selected) }
    }

    /// What a word means: a column of exactly that name, whatever signs are in it, else a pattern.
    pub(super) fn selector(&self, word: &str) -> Result<Selector, String> {
        match self.columns.iter().any(|c| c.name == word) {
            true => Ok(Selector::Name(word.to_owned())),
            false => Selector::parse(word),
        }
    }

    /// Whether a check's id appends its column: several columns were asked for, or a pattern that may match several.
    pub(super) fn is_many(&self, words: &[String], matches: usize) -> bool {
        let is_pattern = |word: &String| !matches!(self.selector(word), Ok(Selector::Name(_)));
        words.len() > 1 || matches > 1 || words.iter().any(is_pattern)
    }

    fn select_word(&mut self, word: &str, span: &Span, accepts: &[Kind]) -> Selected {
        let selector = match self.selector(word) {
            Ok(selector) => selector,
            Err(message) => {
                self.diagnostics.error(span, message);
                return Selected::Wrong;
            }
        };
        let named = matches!(selector, Selector::Name(_));
        let by_kind = matches!(selector, Selector::Kind(_));
        let is_role = |c: &Column| [&self.roles.id, &self.roles.timestamp].iter().any(|r| r.as_ref() == Some(&c.name));
        let hidden = |c: &Column| !named && (self.ignored.contains(&c.name) || (by_kind && is_role(c)));
        let matches: Vec<Column> = self.columns.iter().filter(|c| selector.matches(c) && !hidden(c)).cloned().collect();
        if matches.is_empty() {
            return self.no_match(word, span, named);
        }
        let fits = |c: &Column| accepts.is_empty() || accepts.contains(&c.kind);
        let (fitting, others): (Vec<Column>, Vec<Column>) = matches.into_iter().partition(fits);
        if let (true, Some(other)) = (named || fitting.is_empty(), others.first()) {
            let kinds: Vec<&str> = accepts.iter().map(|k| k.name()).collect();
            let message = format!("column `{}` is {}, and this metric takes {}", other.name, other.kind.name(), kinds.join(" or "));
            let help = format!("choose other columns, or declare `{}` under [columns]", other.name);
            self.diagnostics.push(Diagnostic::at(span.clone(), message).help(help));
            return Selected::Wrong;
        }
        self.leave_out(word, &others);
        Selected::Columns(fitting)
    }

    /// The columns that something takes; others that a pattern matched are left out and counted, unless they are all.
    pub(super) fn fitting(&mut self, columns: Vec<Column>, words: &[String], takes: impl Fn(&Column) -> bool) -> Vec<Column> {
        let fits = |column: &Column| words.contains(&column.name) || takes(column);
        if !self.is_many(words, columns.len()) || !columns.iter().any(fits) {
            return columns;
        }
        let (fitting, others): (Vec<Column>, Vec<Column>) = columns.into_iter().partition(fits);
        self.leave_out(&words.join(", "), &others);
        fitting
    }

    /// Counts columns that a pattern matched and the metric does not take, and names them.
    pub(super) fn leave_out(&mut self, word: &str, others: &[Column]) {
        if !others.is_empty() {
            *self.counters.entry("columns_of_other_types".into()).or_default() += others.len() as u64;
            let names: Vec<&str> = others.iter().map(|c| c.name.as_str()).collect();
            tracing::warn!("columns = \"{word}\" leaves out columns of other types: {}", names.join(", "));
        }
    }

    fn no_match(&mut self, word: &str, span: &Span, named: bool) -> Selected {
        // A transform that cannot be loaded, or of which nothing is known, might have added the column.
        let may_add = |used: &&Used| used.plugin.as_ref().is_err();
        let broken = self.plugins.values().filter(may_add).find_map(|used| used.plugin.as_ref().err());
        if let Some(reason) = broken {
            return Selected::Unusable(reason.clone());
        }
        if !self.broken_plugins.is_empty() {
            return Selected::Wrong;
        }
        match named {
            true => self.unknown_column(word, span.clone()),
            false => {
                let names: Vec<&str> = self.columns.iter().map(|c| c.name.as_str()).collect();
                let help = format!("the columns are {}", names.join(", "));
                self.diagnostics.push(Diagnostic::at(span.clone(), format!("`{word}` matches no column")).help(help));
            }
        }
        Selected::Wrong
    }
}
