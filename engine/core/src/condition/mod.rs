//! Conditions: one line over a result's fields that decides a check.
//!
//! ```text
//! condition  = or
//! or         = and { "or" and }
//! and        = not { "and" not }
//! not        = "not" not | comparison
//! comparison = sum [ ("<" | "<=" | ">" | ">=" | "==" | "!=") sum ]
//! sum        = product { ("+" | "-") product }
//! product    = factor { ("*" | "/") factor }
//! factor     = "-" factor | number ["%"] | field | "abs" "(" sum ")" | "(" or ")"
//! ```

mod parse;
mod range;

pub use parse::parse;
pub use range::Range;
use std::collections::BTreeMap;

/// A parsed condition: always true or false, never a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub text: String,
    root: Expression,
    /// The fields that it reads.
    pub fields: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Expression {
    Number(f64),
    Field(String),
    Negate(Box<Expression>),
    Absolute(Box<Expression>),
    Arithmetic(Box<Expression>, Operator, Box<Expression>),
    Compare(Box<Expression>, Operator, Box<Expression>),
    Not(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Operator {
    /// The comparison with its sides exchanged.
    fn mirrored(self) -> Self {
        match self {
            Operator::Less => Operator::Greater,
            Operator::LessOrEqual => Operator::GreaterOrEqual,
            Operator::Greater => Operator::Less,
            Operator::GreaterOrEqual => Operator::LessOrEqual,
            other => other,
        }
    }
}

/// The values that a condition is evaluated over. A field that is undefined for this result is absent.
pub type Fields = BTreeMap<String, f64>;

impl Condition {
    /// Whether the condition holds; the error names the field that is undefined or the division by zero.
    pub fn holds(&self, fields: &Fields) -> Result<bool, String> {
        truth(&self.root, fields)
    }
}

fn truth(expression: &Expression, fields: &Fields) -> Result<bool, String> {
    match expression {
        Expression::Not(e) => Ok(!truth(e, fields)?),
        Expression::And(a, b) => Ok(truth(a, fields)? && truth(b, fields)?),
        Expression::Or(a, b) => Ok(truth(a, fields)? || truth(b, fields)?),
        Expression::Compare(a, operator, b) => Ok(compare(number(a, fields)?, *operator, number(b, fields)?)),
        // The parser makes no other kind of expression where a truth value is needed.
        _ => Err("a number where a condition is needed".into()),
    }
}

fn compare(a: f64, operator: Operator, b: f64) -> bool {
    match operator {
        Operator::Less => a < b,
        Operator::LessOrEqual => a <= b,
        Operator::Greater => a > b,
        Operator::GreaterOrEqual => a >= b,
        Operator::NotEqual => a != b,
        _ => a == b,
    }
}

fn number(expression: &Expression, fields: &Fields) -> Result<f64, String> {
    match expression {
        Expression::Number(n) => Ok(*n),
        Expression::Field(name) => {
            fields.get(name).copied().ok_or_else(|| format!("`{name}` is undefined for this result"))
        }
        Expression::Negate(e) => Ok(-number(e, fields)?),
        Expression::Absolute(e) => Ok(number(e, fields)?.abs()),
        Expression::Arithmetic(a, operator, b) => arithmetic(number(a, fields)?, *operator, number(b, fields)?),
        _ => Err("a condition where a number is needed".into()),
    }
}

fn arithmetic(a: f64, operator: Operator, b: f64) -> Result<f64, String> {
    match operator {
        Operator::Add => Ok(a + b),
        Operator::Subtract => Ok(a - b),
        Operator::Multiply => Ok(a * b),
        Operator::Divide if b == 0.0 => Err("the condition divides by zero".into()),
        _ => Ok(a / b),
    }
}
