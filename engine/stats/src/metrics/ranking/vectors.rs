//! What items are like, as vectors.

use crate::accumulators::{Attributes, Key, attributes};
use driftline_core::accumulator::Handle;
use driftline_core::catalogue::Binding;
use driftline_core::column::Kind;
use driftline_core::diagnostic::{Diagnostics, Span};
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Features {
    /// The columns of numbers that tell what an item is like.
    pub features: Vec<String>,
}

pub(super) fn vectors(item: &str, features: &Features, binding: &Binding<'_>, span: &Span, diagnostics: &mut Diagnostics) -> Option<Handle<Attributes>> {
    let numbers = || binding.columns.iter().filter(|c| c.kind == Kind::Numerical).map(|c| format!("`{}`", c.name)).collect::<Vec<_>>().join(", ");
    if features.features.is_empty() {
        diagnostics.error(span, format!("`features` must name the columns that tell what an item is like, of {}", numbers()));
        return None;
    }
    for name in &features.features {
        if !binding.columns.iter().any(|c| c.name == *name && matches!(c.kind, Kind::Numerical | Kind::Categorical) && c.data_type.is_numeric()) {
            diagnostics.error(span, format!("`features`: there is no column `{name}` of numbers; there are {}", numbers()));
            return None;
        }
    }
    Some(attributes(item, &features.features, true))
}

/// Vectors of length 1 by item.
pub(super) struct Vectors(FxHashMap<Key, Vec<f64>>);

impl Vectors {
    /// Of an item on several sides the first one's.
    pub fn of(sides: &[&Attributes]) -> Self {
        let mut all = FxHashMap::default();
        for side in sides.iter().rev() {
            all.extend(side.of.keys().filter_map(|item| Some((*item, unit(side.vector(*item)?)?))));
        }
        Self(all)
    }

    pub fn get(&self, item: Key) -> Option<&[f64]> {
        self.0.get(&item).map(Vec::as_slice)
    }
}

fn unit(mut vector: Vec<f64>) -> Option<Vec<f64>> {
    // Squares of very large or small numbers would leave the range.
    let largest = vector.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
    if largest == 0.0 {
        return None;
    }
    vector.iter_mut().for_each(|x| *x /= largest);
    let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    vector.iter_mut().for_each(|x| *x /= length);
    Some(vector)
}

/// Cosine of the angle of two vectors of length 1.
pub(super) fn cosine(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
