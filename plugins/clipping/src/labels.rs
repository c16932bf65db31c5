//! The label of each row.

use crate::bindings::driftline::plugin::types::{CodedStrings, Column, Data};

/// The labels of a batch: distinct names and a code for each row.
pub struct Labels<'a> {
    names: Vec<&'a str>,
    rows: Option<(&'a [u32], Option<&'a [u8]>)>,
}

impl<'a> Labels<'a> {
    /// Every row has the empty label.
    pub fn none() -> Self {
        Labels { names: vec![""], rows: None }
    }

    /// The dictionary-encoded column of a batch with so many rows.
    pub fn of(column: &'a Column, rows: usize) -> Result<Self, String> {
        let Data::Dictionary(CodedStrings { codes, offsets, values }) = &column.data else {
            return Err("`label` is not dictionary-encoded".into());
        };
        let validity = column.validity.as_deref();
        let complete = |length: usize| length == rows;
        if !complete(codes.len()) || !validity.is_none_or(|validity| complete(validity.len())) {
            return Err("the batch is broken: `label` does not have its number of rows".into());
        }
        let name = |pair: &[u32]| std::str::from_utf8(values.get(pair[0] as usize..pair[1] as usize)?).ok();
        let names: Option<Vec<&str>> = offsets.windows(2).map(name).collect();
        let names = names.ok_or("the batch is broken: `label` is not UTF-8")?;
        Ok(Labels { names, rows: Some((codes, validity)) })
    }

    /// The distinct names; a code is a place in them.
    pub fn names(&self) -> &[&'a str] {
        &self.names
    }

    /// The place of a row's label; none when the row has no label.
    pub fn code(&self, row: usize) -> Option<usize> {
        let Some((codes, validity)) = self.rows else { return Some(0) };
        let valid = validity.is_none_or(|validity| validity[row] != 0);
        Some(codes[row] as usize).filter(|&code| valid && code < self.names.len())
    }
}
