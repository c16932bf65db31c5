//! Two-sample tests of plugins.

use crate::cache::first_line;
use crate::calls::{Bound, fields};
use crate::columns::type_name;
use crate::loaded::Linked;
use crate::world::exports::driftline::plugin::two_sample_tests::{Comparison, GuestIndices};
use driftline_core::two_sample::TestResult;

/// Compares the states of reference and current.
pub(crate) fn compare(linked: &Linked, indices: &GuestIndices, config: &str, bound: &[Bound], [reference, current]: [&[u8]; 2]) -> Result<TestResult, String> {
    let mut instance = linked.instance()?;
    let handle = instance.handle;
    let guest = indices.load(instance.store(), &handle).map_err(|e| first_line(&e))?;
    let names: Vec<String> = bound.iter().map(|b| type_name(&b.data_type)).collect();
    let fields = fields(bound, &names);
    let compared = instance.call("compare", |store| guest.call_compare(store, config, &fields, reference, current));
    let compared = compared.map_err(|f| linked.count(f))?.map_err(|e| linked.fail("error", &format!("compare: {}", crate::instance::short(&e))))?;
    match wrong(&compared) {
        Some(wrong) => Err(linked.fail("output", &wrong)),
        None => Ok(result(compared)),
    }
}

/// What is wrong with a comparison.
fn wrong(compared: &Comparison) -> Option<String> {
    let numbers = [("statistic", Some(compared.statistic)), ("p_value", compared.p_value), ("effect_size", compared.effect_size)];
    if let Some((name, _)) = numbers.iter().find(|(_, value)| value.is_some_and(|v| !v.is_finite())) {
        return Some(format!("compare gave a {name} that is not a finite number"));
    }
    let p = compared.p_value.filter(|p| !(0.0..=1.0).contains(p))?;
    Some(format!("compare gave a p_value of {p}, which is not in [0, 1]"))
}

fn result(compared: Comparison) -> TestResult {
    TestResult {
        statistic: compared.statistic,
        p_value: compared.p_value,
        effect_size: compared.effect_size,
        n_reference: compared.n_reference,
        n_current: compared.n_current,
        method: compared.method,
        ..TestResult::default()
    }
}
