//! Drift of a column, by a two-sample test.

use crate::two_sample::{ENTRIES as TESTS, default_test};
use driftline_core::accumulator::Request;
use driftline_core::catalogue::{
    Binding, Built, BuiltTest, Direction, Doc, Field, MetricEntry, NoParameters, Scope, find_or_report,
    read_parameters, schema_of,
};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::{Diagnostic, Diagnostics, Span};
use driftline_core::metric::{Comparison, Hypotheses, Hypothesis, Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::{Component, Table, component_of};
use driftline_core::two_sample::TwoSampleTest;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "drift",
        aliases: &[],
        summary: "Whether a column's distribution differs between reference and current.",
        description: "Runs the two-sample test named by `test`: `kolmogorov_smirnov` for numbers, `jensen_shannon` for categories, `domain_classifier` for texts and for vectors (lists of numbers) \
if none is named. Condition on the effect size beside the p-value: a p-value alone fires on any large table, an effect alone on any \
small one. Where a test knows an interval of its effect size, `effect_size_low > 0.1` fails only if the effect exceeds a margin with 95 % confidence, and \
`not effect_size_high < 0.1` unless it is below one (equivalence). Without `fail` and `warn` the check fails by the test's own rule, which `driftline explain` prints.",
        formula: "the test's",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<TestParameter>,
        example: "[[suite.check]]\nmetric = \"drift\"\ncolumns = \"@numerical\"\nfail = \"effect_size > 0.1 and p_value < 0.01\"",
        reference: "see the tests",
    },
    scope: Scope::Column,
    accepts: &[Kind::Numerical, Kind::Categorical, Kind::Text, Kind::Nested],
    compares: true,
    build,
};

const FIELDS: [Field; 5] = [
    Field::new("statistic", "", "the test's statistic"),
    Field::new("p_value", "ratio", "the test's p-value, for tests that have one: corrected in conditions and outcomes (there `p_value_raw` is the test's own), the test's own in series"),
    Field::new("effect_size", "", "the test's effect size, on the scale that the test documents"),
    Field::new("effect_size_low", "", "lower end of its 95 % confidence interval, for tests that know one"),
    Field::new("effect_size_high", "", "upper end of its 95 % confidence interval, for tests that know one"),
];

/// The `test` key of metrics that run a two-sample test; its value is read by the test itself.
#[derive(schemars::JsonSchema)]
#[allow(dead_code)]
pub(super) struct TestParameter {
    /// Name of a two-sample test, or a table with its `name` and parameters.
    test: Option<serde_json::Value>,
}

/// A test on a column, with what its series are labelled by.
pub(super) struct BoundTest {
    test: Box<dyn TwoSampleTest>,
    pub fields: Vec<Field>,
    pub labels: Vec<(String, String)>,
    pub drifted: &'static str,
    /// Names the test on this column.
    name: Hypothesis,
}

impl BoundTest {
    /// What the test finds; equal tests of several metrics compute it once.
    pub fn compare(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let reference = sides.reference()?;
        let found = sides.current.compared(&self.name, || self.test.compare(reference, sides.current))?;
        Ok(found.as_ref().clone().into_reading())
    }

    /// What its p-value is about; `None` where the test has none.
    pub fn hypothesis(&self) -> Option<Hypothesis> {
        self.fields.iter().any(|f| f.name == "p_value").then(|| self.name.clone())
    }
}

/// The component that `test` names, if the key is there.
pub(super) fn take_test<'a>(params: &mut Table<'a>, diagnostics: &mut Diagnostics) -> Option<Component<'a>> {
    let (span, value) = params.take_value("test")?;
    component_of("test", span, value, diagnostics)
}

/// Binds a test, or the default one, to a column.
pub(super) fn bind_test(
    column: &Column,
    test: Option<Component<'_>>,
    span: &Span,
    diagnostics: &mut Diagnostics,
) -> Option<BoundTest> {
    let test = test.unwrap_or_else(|| Component {
        kind: default_test(column.kind).into(),
        kind_span: span.clone(),
        params: Table::new(span.clone(), Default::default()),
    });
    let entry = find_or_report(TESTS, &test, "two-sample test", &[], diagnostics)?;
    if !entry.accepts.contains(&column.kind) {
        let kinds: Vec<&str> = entry.accepts.iter().map(|k| k.name()).collect();
        let message = format!(
            "`{}` takes {} columns, and `{}` is {}",
            entry.doc.name,
            kinds.join(" or "),
            column.name,
            column.kind.name()
        );
        let others: Vec<&str> = TESTS.iter().filter(|t| t.accepts.contains(&column.kind)).map(|t| t.doc.name).collect();
        let help = match column.kind {
            Kind::Numerical | Kind::Categorical => format!("name another test, other columns, or declare `{}` under [columns]", column.name),
            kind => format!("tests of {} columns are {}", kind.name(), others.join(", ")),
        };
        diagnostics.push(Diagnostic::at(test.kind_span.clone(), message).help(help));
        return None;
    }
    if column.kind == Kind::Nested && !column.holds_vectors() {
        let message = format!("`{}` of type {} holds no vectors (lists of numbers)", column.name, column.data_type);
        diagnostics.error(&test.kind_span, message);
        return None;
    }
    let BuiltTest { test, fields, params, drifted } = (entry.build)(column, test, diagnostics)?;
    let mut labels = vec![("test".to_owned(), entry.doc.name.to_owned())];
    labels.extend(params.map(|p| ("params".to_owned(), p)));
    let named = labels.iter().map(|(label, value)| format!("{label}={value}"));
    let name = named.chain([format!("column={}", column.name)]).collect();
    Some(BoundTest { test, fields, labels, drifted, name })
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let mut component = component;
    let span = component.kind_span.clone();
    let test = take_test(&mut component.params, diagnostics);
    read_parameters::<NoParameters>(component, diagnostics)?;
    let bound = bind_test(binding.column?, test, &span, diagnostics)?;
    Some(Built {
        labels: bound.labels.clone(),
        labelled: &["test"],
        fields: bound.fields.clone(),
        default_fail: Some(bound.drifted.to_owned()),
        metric: Box::new(Drift { bound }),
    })
}

struct Drift {
    bound: BoundTest,
}

impl Comparison for BoundTest {
    fn requests(&self) -> Vec<Request> {
        self.test.requests()
    }

    fn make(&self, sides: Sides<'_>) {
        // Whoever asks for it is told.
        let _ = self.compare(sides);
    }
}

impl Metric for Drift {
    fn requests(&self) -> Vec<Request> {
        self.bound.requests()
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.bound.compare(sides))
    }

    fn hypotheses(&self) -> Hypotheses {
        Hypotheses { tests: vec![self.bound.hypothesis()], own_family: false }
    }
}
