//! Which values a part of a condition can have, by interval arithmetic: what can never hold, or always does, is a mistake.

use super::{Expression, Operator};

/// The values that a field can have: all numbers from `low` to `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    pub low: f64,
    pub high: f64,
}

impl Range {
    pub const ANY: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };
    /// Shares and probabilities.
    pub const SHARE: Self = Self { low: 0.0, high: 1.0 };
    /// Numbers of things.
    pub const COUNT: Self = Self { low: 0.0, high: f64::INFINITY };

    fn exactly(value: f64) -> Self {
        Self { low: value, high: value }
    }

    /// The smallest range with these values; anything where one of them is undefined.
    fn around(values: impl IntoIterator<Item = f64>) -> Self {
        let mut range = Self { low: f64::INFINITY, high: f64::NEG_INFINITY };
        for value in values {
            if value.is_nan() {
                return Self::ANY;
            }
            range = Self { low: range.low.min(value), high: range.high.max(value) };
        }
        range
    }
}

/// Fields with their ranges.
pub(super) type Fields<'a> = &'a [(String, Range)];

/// The values that a number can have.
pub(super) fn of(expression: &Expression, fields: Fields<'_>) -> Range {
    match expression {
        Expression::Number(n) => Range::exactly(*n),
        Expression::Field(name) => fields.iter().find(|(n, _)| n == name).map_or(Range::ANY, |(_, range)| *range),
        Expression::Negate(e) => {
            let Range { low, high } = of(e, fields);
            Range { low: -high, high: -low }
        }
        Expression::Absolute(e) => {
            let Range { low, high } = of(e, fields);
            let least = if low <= 0.0 && high >= 0.0 { 0.0 } else { low.abs().min(high.abs()) };
            Range { low: least, high: low.abs().max(high.abs()) }
        }
        Expression::Arithmetic(a, operator, b) => arithmetic(of(a, fields), *operator, of(b, fields)),
        _ => Range::ANY,
    }
}

fn arithmetic(a: Range, operator: Operator, b: Range) -> Range {
    let products = |f: fn(f64, f64) -> f64| Range::around([f(a.low, b.low), f(a.low, b.high), f(a.high, b.low), f(a.high, b.high)]);
    match operator {
        Operator::Add => Range::around([a.low + b.low, a.high + b.high]),
        Operator::Subtract => Range::around([a.low - b.high, a.high - b.low]),
        Operator::Multiply => products(|x, y| x * y),
        Operator::Divide if b.low <= 0.0 && b.high >= 0.0 => Range::ANY,
        _ => products(|x, y| x / y),
    }
}

/// A range of which an end may be left out.
struct Limits {
    range: Range,
    low_open: bool,
    high_open: bool,
}

/// Whether all of the comparisons joined by `and` can hold together; the error names a field for which nothing is left.
pub(super) fn fulfil(expression: &Expression, fields: Fields<'_>) -> Result<(), String> {
    let closed = |range: &Range| Limits { range: *range, low_open: false, high_open: false };
    let mut limits: Vec<(&str, Limits)> = fields.iter().map(|(name, range)| (name.as_str(), closed(range))).collect();
    narrow(expression, fields, &mut limits)
}

fn narrow(expression: &Expression, fields: Fields<'_>, limits: &mut [(&str, Limits)]) -> Result<(), String> {
    match expression {
        Expression::And(a, b) => narrow(a, fields, limits).and_then(|()| narrow(b, fields, limits)),
        Expression::Compare(a, operator, b) => {
            if let Expression::Field(name) = a.as_ref() {
                limit(name, *operator, of(b, fields), limits)?;
            }
            match b.as_ref() {
                Expression::Field(name) => limit(name, operator.mirrored(), of(a, fields), limits),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn limit(name: &str, operator: Operator, other: Range, limits: &mut [(&str, Limits)]) -> Result<(), String> {
    let Some((_, of_field)) = limits.iter_mut().find(|(n, _)| *n == name) else { return Ok(()) };
    let Limits { range, low_open, high_open } = of_field;
    let strict = matches!(operator, Operator::Less | Operator::Greater);
    let mut lower = |high: f64| {
        if high < range.high || (high == range.high && strict) {
            (range.high, *high_open) = (high, strict);
        }
    };
    if matches!(operator, Operator::Less | Operator::LessOrEqual | Operator::Equal) {
        lower(other.high);
    }
    if matches!(operator, Operator::Greater | Operator::GreaterOrEqual | Operator::Equal) && (other.low > range.low || (other.low == range.low && strict)) {
        (range.low, *low_open) = (other.low, strict);
    }
    let nothing = range.low > range.high || (range.low == range.high && (*low_open || *high_open));
    if nothing { Err(name.to_owned()) } else { Ok(()) }
}

/// Whether a comparison holds for all values that its sides can have; `None` if it depends on them.
pub(super) fn constant(a: Range, operator: Operator, b: Range) -> Option<bool> {
    let sure = |always: bool, never: bool| if always { Some(true) } else if never { Some(false) } else { None };
    let equal = a.low == a.high && b.low == b.high && a.low == b.low;
    let apart = a.high < b.low || b.high < a.low;
    match operator {
        Operator::Less => sure(a.high < b.low, a.low >= b.high),
        Operator::LessOrEqual => sure(a.high <= b.low, a.low > b.high),
        Operator::Greater => sure(a.low > b.high, a.high <= b.low),
        Operator::GreaterOrEqual => sure(a.low >= b.high, a.high < b.low),
        Operator::NotEqual => sure(apart, equal),
        _ => sure(equal, apart),
    }
}
