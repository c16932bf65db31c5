//! What divergences put in place of a share of zero, whose logarithm they cannot take.

use super::binning::Binning;
use super::{join_labels, params_label};
use driftline_core::catalogue::read_parameters;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The parameters of a divergence beside those of the bins.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Smoothing {
    /// Stands for the share of an empty bin or category, between 0 and 1.
    pub empty_share: f64,
}

impl Default for Smoothing {
    fn default() -> Self {
        Self { empty_share: 1e-4 }
    }
}

/// All parameters of a divergence, for the documentation.
#[derive(JsonSchema)]
#[allow(dead_code)]
pub(super) struct Schema {
    #[schemars(flatten)]
    binning: Binning,
    #[schemars(flatten)]
    own: Smoothing,
}

/// The bins, the share for empty ones, and the label of what differs from the defaults.
pub(super) fn read(mut component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<(Binning, f64, Option<String>)> {
    let span = component.params.span_of("empty_share");
    let binning = Binning::take(&mut component.params, diagnostics);
    let smoothing: Smoothing = read_parameters(component, diagnostics)?;
    let (binning, empty_share) = (binning?, smoothing.empty_share);
    if !(empty_share > 0.0 && empty_share < 1.0) {
        diagnostics.error(&span, format!("`empty_share` must lie between 0 and 1, not {empty_share}"));
        return None;
    }
    let label = join_labels([binning.label(), params_label(&smoothing, &Smoothing::default())]);
    Some((binning, empty_share, label))
}
