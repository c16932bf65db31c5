//! Missing values of a column, or of all cells of the dataset.

use super::markers::AlsoMissing;
use super::shape::{plain, share};
use crate::accumulators::{Occurrences, Presence, Value, occurrences, presence};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::profile::Profile;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "missing_values",
        aliases: &[],
        summary: "Missing values of a column, or of all cells of the dataset.",
        description: "Missing means null, or NaN in a column of floats; infinities and empty strings are values unless `markers` names them. Without rows the share is undefined, so the result is `no_data`.",
        formula: "count; share = count / rows (of a column) or count / (rows x columns)",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<AlsoMissing>,
        example: "[[suite.check]]\nmetric = \"missing_values\"\ncolumns = \"@numerical\"\nfail = \"share > reference.share + 5%\"",
        reference: "pandas.DataFrame.isna",
    },
    scope: Scope::Either,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 3] = [
    Field::new("count", "", "missing values"),
    Field::new("share", "ratio", "missing values over all values"),
    Field::new("kinds", "", "kinds of missing values that occur: null or NaN, and each marker"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let markers = AlsoMissing::read(component, diagnostics)?;
    let handles = binding.columns.iter().map(|column| Missing::new(&column.name, &markers)).collect();
    Some(plain(MissingValues { columns: handles, of_dataset: binding.column.is_none() }, &FIELDS))
}

/// What is missing in a column.
pub(super) struct Missing {
    pub column: String,
    nulls: Handle<Presence>,
    markers: Option<Handle<Occurrences>>,
}

impl Missing {
    pub fn new(column: &str, markers: &[Value]) -> Self {
        let markers = (!markers.is_empty()).then(|| occurrences(column, markers));
        Self { column: column.into(), nulls: presence(column), markers }
    }

    pub fn requests(&self) -> impl Iterator<Item = Request> {
        [self.nulls.request.clone()].into_iter().chain(self.markers.as_ref().map(|m| m.request.clone()))
    }

    /// Rows, and how many have each kind of missing value.
    pub fn read(&self, profile: &Profile) -> Result<(u64, Vec<u64>), Undefined> {
        let nulls = profile.read(&self.nulls)?;
        let mut kinds = vec![nulls.missing];
        if let Some(markers) = &self.markers {
            kinds.extend(&profile.read(markers)?.counts);
        }
        Ok((nulls.rows, kinds))
    }
}

struct MissingValues {
    columns: Vec<Missing>,
    of_dataset: bool,
}

impl MissingValues {
    fn reading(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let (mut cells, mut kinds) = (0, Vec::<u64>::new());
        // A dataset has the columns that the side has; a column may also be of a plugin.
        let seen = |c: &&Missing| !self.of_dataset || profile.schema.column_with_name(&c.column).is_some();
        for column in self.columns.iter().filter(seen) {
            let (rows, found) = column.read(profile)?;
            cells += rows;
            kinds.resize(found.len(), 0);
            kinds.iter_mut().zip(found).for_each(|(sum, more)| *sum += more);
        }
        let missing: u64 = kinds.iter().sum();
        let occurring = kinds.iter().filter(|n| **n > 0).count();
        Ok(Reading::of([("count", missing as f64), ("share", share(missing, cells)?), ("kinds", occurring as f64)]))
    }
}

impl Metric for MissingValues {
    fn requests(&self) -> Vec<Request> {
        self.columns.iter().flat_map(Missing::requests).collect()
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides.current))
    }
}
