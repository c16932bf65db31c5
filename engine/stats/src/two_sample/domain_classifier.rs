//! A classifier that tries to tell the sides apart.

use super::sampled::{self, Most, Pair, Pooled};
use super::{EFFECT_HIGH, EFFECT_LOW, P_VALUE, STATISTIC, params_label};
use crate::accumulators::{Item, Sample};
use crate::math::{RocAuc, SparseRows, SplitMix, Vocabulary, logistic_regression, roc_auc};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, TestEntry, read_parameters, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Undefined;
use driftline_core::profile::Profile;
use driftline_core::spec::Component;
use driftline_core::two_sample::{TestResult, TwoSampleTest};

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "domain_classifier",
        aliases: &[],
        summary: "Whether a linear classifier can tell the texts or vectors of one side from those of the other.",
        description: "Half of the rows train a logistic regression that tells current from reference; the statistic is its area under the ROC curve on the other half: 0.5 if it cannot tell them apart, 1 if it always can. \
Texts are taken as the weights of their words (TF-IDF, at most 20,000 words of two or more characters in any language that parts words, of the first 4 KiB of a text), vectors by their standardised components. Beyond `rows` distinct values of a side a sample is looked at. The p-value is Mann and Whitney's of the held-out rows; the effect size is 2 x statistic - 1, with DeLong's interval. Missing values are left out. Too few values to train and test \
on are `no_data`. Models of language, which would see meanings, are not part of it.",
        formula: "min sum w ln(1 + exp(-y (x b + c))) / sum w + |b|^2 / (2 sum w); statistic = P(score of a current row > score of a reference row), ties counting half",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Most>,
        example: "metric = \"drift\"\ncolumns = \"@text\"\ntest = \"domain_classifier\"\nfail = \"statistic > 0.6 and p_value < 0.01\"",
        reference: "Lopez-Paz, Oquab, ICLR 2017; Rabanser, Günnemann, Lipton, NeurIPS 2019; Evidently's text content drift",
    },
    accepts: &[Kind::Text, Kind::Nested],
    build,
};

const FIELDS: [Field; 5] = [STATISTIC, P_VALUE, Field::new("effect_size", "", "2 x statistic - 1: 0 if the sides cannot be told apart, 1 if they always can"), EFFECT_LOW, EFFECT_HIGH];

/// Most words of a vocabulary.
const MOST_WORDS: usize = 20_000;

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let at = component.params.span_of("rows");
    let most: Most = read_parameters(component, diagnostics)?;
    if let Some(message) = most.wrong() {
        diagnostics.error(&at, message);
        return None;
    }
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: params_label(&most, &Most::default()),
        drifted: "effect_size > 0.1 and p_value < 0.01",
        test: Box::new(Test { sample: sampled::of(column, most.rows) }),
    })
}

struct Test {
    sample: Handle<Sample>,
}

impl TwoSampleTest for Test {
    fn requests(&self) -> Vec<Request> {
        vec![self.sample.request.clone()]
    }

    fn compare(&self, reference: &Profile, current: &Profile) -> Result<TestResult, Undefined> {
        let pooled = Pooled::read(&self.sample, reference, current)?;
        let (found, method) = classify(&pooled)?;
        let scale = |auc: f64| 2.0 * auc - 1.0;
        Ok(TestResult {
            statistic: found.auc,
            p_value: Some(found.p_value),
            effect_size: Some(scale(found.auc)),
            // Where no pair of rows is in the wrong order, DeLong's variance is 0, which no sample can tell.
            effect_interval: found.interval.filter(|(low, high)| low < high).map(|(low, high)| (scale(low), scale(high))),
            n_reference: pooled.n_reference,
            n_current: pooled.n_current,
            method: pooled.told(method),
            ..TestResult::default()
        })
    }
}

/// Rows of an item: reference, current.
type Rows = [u64; 2];
type Half<'a> = Vec<(&'a Item, Rows)>;

/// Trains on half of the rows and tests on the others.
pub(super) fn classify(pooled: &Pooled) -> Result<(RocAuc, String), Undefined> {
    let few = || Undefined::no_data("there are too few values to train and test a classifier on");
    let (train, test): (Half<'_>, Half<'_>) = pooled.items.iter().map(halves).unzip();
    let enough = |half: &[(&Item, Rows)]| (0..2).all(|side| half.iter().map(|(_, rows)| rows[side]).sum::<u64>() >= FEWEST);
    if !(enough(&train) && enough(&test)) {
        return Err(few());
    }
    let features = Features::fit(&train)?;
    let (mut rows, mut weights) = (SparseRows::new(), Vec::new());
    for (item, of) in train.iter().filter(|(_, of)| of.iter().sum::<u64>() > 0) {
        rows.push(&features.of(item));
        weights.push(of.map(|n| n as f64));
    }
    let total: f64 = weights.iter().flatten().sum();
    let model = logistic_regression(&rows, &weights, 1.0 / total);
    let model = model.ok_or_else(|| Undefined::error("the classifier cannot be trained: its equations have no solution within the precision of numbers"))?;
    let tested = test.iter().filter(|(_, of)| of.iter().sum::<u64>() > 0);
    let scored: Vec<(f64, u64, u64)> = tested.map(|(item, [r, c])| (model.score(&features.of(item)), *r, *c)).collect();
    let found = roc_auc(&scored).ok_or_else(|| Undefined::error("the classifier cannot be tested: a score is no number, or there are more than 2^31 rows"))?;
    Ok((found, features.told()))
}

/// Deals half of an item's rows to training, at random by its hash: under no effect what is tested then knows nothing of what was trained, however often rows repeat.
fn halves(pair: &Pair) -> ((&Item, Rows), (&Item, Rows)) {
    let mut random = SplitMix::new(pair.hash);
    let rows = pair.reference + pair.current;
    let trained = (rows + random.below(2)) / 2;
    let of_reference = random.hypergeometric(pair.reference, pair.current, trained);
    let train = [of_reference, trained - of_reference];
    ((&pair.item, train), (&pair.item, [pair.reference - train[0], pair.current - train[1]]))
}

/// Rows of a side that each half must have.
const FEWEST: u64 = 20;

/// How a component is standardised: divided by its largest absolute value first, so that nothing overflows.
struct Scale {
    largest: f64,
    mean: f64,
    /// 0 where the component does not vary.
    deviation: f64,
}

impl Scale {
    fn of(vectors: &[(&[f64], f64)], component: usize) -> Self {
        let values = || vectors.iter().map(|(vector, rows)| (vector[component], *rows));
        let largest = values().map(|(x, _)| x.abs()).fold(0.0, f64::max);
        let (low, high) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (x, _)| (low.min(x), high.max(x)));
        if low == high {
            return Self { largest, mean: 0.0, deviation: 0.0 };
        }
        let total: f64 = values().map(|(_, rows)| rows).sum();
        let mean = values().map(|(x, rows)| x / largest * rows).sum::<f64>() / total;
        let variance = values().map(|(x, rows)| (x / largest - mean).powi(2) * rows).sum::<f64>() / total;
        Self { largest, mean, deviation: variance.sqrt() }
    }

    fn standardised(&self, x: f64) -> f64 {
        if self.deviation > 0.0 { (x / self.largest - self.mean) / self.deviation } else { 0.0 }
    }
}

/// How items become numbers.
enum Features {
    Words(Vocabulary),
    Components(Vec<Scale>),
}

impl Features {
    fn fit(items: &[(&Item, Rows)]) -> Result<Self, Undefined> {
        let weighted = || items.iter().map(|(item, rows)| (*item, rows.iter().sum::<u64>())).filter(|(_, rows)| *rows > 0);
        let vectors: Vec<(&[f64], f64)> = weighted().filter_map(|(item, rows)| if let Item::Vector(v) = item { Some((&v[..], rows as f64)) } else { None }).collect();
        let Some((first, _)) = vectors.first() else {
            let texts = weighted().filter_map(|(item, rows)| if let Item::Text(text) = item { Some((text.as_str(), rows)) } else { None });
            let words = Vocabulary::fit(texts, MOST_WORDS);
            return if words.words().is_empty() { Err(Undefined::no_data("no text has a word of two or more characters")) } else { Ok(Features::Words(words)) };
        };
        let scales: Vec<Scale> = (0..first.len()).map(|i| Scale::of(&vectors, i)).collect();
        match scales.iter().any(|scale| scale.deviation > 0.0) {
            true => Ok(Features::Components(scales)),
            false => Err(Undefined::no_data("no component varies among the vectors that the classifier trains on")),
        }
    }

    fn of(&self, item: &Item) -> Vec<(u32, f64)> {
        match (self, item) {
            (Features::Words(words), Item::Text(text)) => words.transform(text),
            (Features::Components(scales), Item::Vector(vector)) => {
                // What did not vary in training tells nothing.
                let scaled = vector.iter().zip(scales).map(|(x, scale)| scale.standardised(*x));
                (0..).zip(scaled).collect()
            }
            _ => Vec::new(),
        }
    }

    fn told(&self) -> String {
        match self {
            Features::Words(words) => format!("logistic regression on {} words", words.words().len()),
            Features::Components(scales) => format!("logistic regression on {} components", scales.len()),
        }
    }
}
