//! Parser of conditions, with byte offsets in its errors.

use super::range::{self, Range, constant};
use super::{Condition, Expression, Operator};
use crate::name::suggestion;

/// What is wrong with a condition, and where in its text.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionError {
    pub start: usize,
    pub end: usize,
    pub message: String,
    pub help: Option<String>,
}

/// Parses a condition over the named fields. A comparison that never holds, or always, for the values that they can have is an error.
pub fn parse(text: &str, fields: &[(String, Range)]) -> Result<Condition, ConditionError> {
    let tokens = tokenise(text)?;
    let mut parser = Parser { tokens, at: 0, fields, used: Vec::new(), end: text.len(), depth: 0 };
    let root = parser.condition()?;
    match parser.peek() {
        None => Ok(Condition { text: text.into(), root, fields: parser.used }),
        Some(token) => Err(error(token, format!("unexpected `{}`", &text[token.start..token.end]))),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Number(f64),
    Word(String),
    Symbol(&'static str),
}

#[derive(Debug, Clone, PartialEq)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

const SYMBOLS: [&str; 13] = ["<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "(", ")", "%"];
const MOST_NESTING: usize = 64;

fn error(token: &Token, message: impl Into<String>) -> ConditionError {
    ConditionError { start: token.start, end: token.end, message: message.into(), help: None }
}

fn tokenise(text: &str) -> Result<Vec<Token>, ConditionError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let token = next_token(text, at, c)?;
        at = token.end;
        tokens.push(token);
    }
    Ok(tokens)
}

fn next_token(text: &str, at: usize, c: char) -> Result<Token, ConditionError> {
    let rest = &text[at..];
    if c.is_ascii_digit() || c == '.' {
        let length = number_length(rest);
        let number = rest[..length].replace('_', "").parse::<f64>().ok().filter(|n| n.is_finite());
        let token = Token { kind: Kind::Number(number.unwrap_or(0.0)), start: at, end: at + length };
        return number.map(|_| token.clone()).ok_or_else(|| error(&token, format!("`{}` is not a number", &rest[..length])));
    }
    if c.is_alphabetic() || c == '_' {
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
        return Ok(Token { kind: Kind::Word(rest[..length].into()), start: at, end: at + length });
    }
    if let Some(symbol) = SYMBOLS.iter().find(|s| rest.starts_with(**s)) {
        return Ok(Token { kind: Kind::Symbol(symbol), start: at, end: at + symbol.len() });
    }
    let token = Token { kind: Kind::Word(c.into()), start: at, end: at + c.len_utf8() };
    let help = match c {
        '=' => Some("write `==` to compare".to_owned()),
        '&' | '|' | '!' => Some("write `and`, `or`, `not`".to_owned()),
        _ => None,
    };
    Err(ConditionError { help, ..error(&token, format!("`{c}` means nothing in a condition")) })
}

/// Length of a number at the start of `text`, its exponent included.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        bytes[from..].iter().take_while(|b| b.is_ascii_digit() || **b == b'.' || **b == b'_').count() + from
    };
    let end = digits(0);
    if !matches!(bytes.get(end), Some(b'e' | b'E')) {
        return end;
    }
    let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
    match bytes.get(end + 1 + sign) {
        Some(b) if b.is_ascii_digit() => digits(end + 1 + sign),
        _ => end,
    }
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    fields: range::Fields<'a>,
    used: Vec<String>,
    end: usize,
    depth: usize,
}

/// An expression and whether it is a condition (true or false) or a number.
type Typed = (Expression, bool);

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn here(&self) -> Token {
        let end = Token { kind: Kind::Symbol(""), start: self.end.saturating_sub(1), end: self.end };
        self.peek().cloned().unwrap_or(end)
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Some(Token { kind: Kind::Symbol(s), .. }) if *s == symbol);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token { kind: Kind::Word(w), .. }) if w == word);
        self.at += usize::from(found);
        found
    }

    fn condition(&mut self) -> Result<Expression, ConditionError> {
        let start = self.here();
        let (expression, is_condition) = self.or()?;
        if is_condition {
            return Ok(expression);
        }
        let whole = Token { end: self.end, ..start };
        let help = Some("compare it with something, such as `value > 0.1`".to_owned());
        Err(ConditionError { help, ..error(&whole, "this is a number, not a condition") })
    }

    fn or(&mut self) -> Result<Typed, ConditionError> {
        let mut left = self.and()?;
        while self.take_word("or") {
            let right = self.and()?;
            left = self.logical(left, right, Expression::Or)?;
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Typed, ConditionError> {
        let first = self.here();
        let mut left = self.not()?;
        while self.take_word("and") {
            let right = self.not()?;
            left = self.logical(left, right, Expression::And)?;
            let end = self.tokens.get(self.at.saturating_sub(1)).map_or(first.end, |last| last.end);
            range::fulfil(&left.0, self.fields)
                .map_err(|field| error(&Token { end, ..first.clone() }, format!("this can never hold: no `{field}` fulfils all of it")))?;
        }
        Ok(left)
    }

    fn logical(
        &self,
        left: Typed,
        right: Typed,
        make: fn(Box<Expression>, Box<Expression>) -> Expression,
    ) -> Result<Typed, ConditionError> {
        if left.1 && right.1 {
            return Ok((make(Box::new(left.0), Box::new(right.0)), true));
        }
        let before = self.tokens.get(self.at.saturating_sub(1)).cloned().unwrap_or_else(|| self.here());
        Err(error(&before, "`and` and `or` join comparisons, not numbers"))
    }

    fn not(&mut self) -> Result<Typed, ConditionError> {
        let token = self.here();
        if !self.take_word("not") {
            return self.comparison();
        }
        self.nested(&token, |parser| match parser.not()? {
            (expression, true) => Ok((Expression::Not(Box::new(expression)), true)),
            _ => Err(error(&token, "`not` stands before a comparison, not a number")),
        })
    }

    /// Bounds the recursion, so that no condition can overflow the stack.
    fn nested<T>(
        &mut self,
        token: &Token,
        inner: impl FnOnce(&mut Self) -> Result<T, ConditionError>,
    ) -> Result<T, ConditionError> {
        self.depth += 1;
        if self.depth > MOST_NESTING {
            return Err(error(token, "the condition is nested too deeply"));
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn comparison(&mut self) -> Result<Typed, ConditionError> {
        let first = self.here();
        let left = self.sum()?;
        let token = self.here();
        let Some(operator) = self.comparison_operator() else { return Ok(left) };
        let right = self.sum()?;
        if left.1 || right.1 {
            return Err(error(&token, "only numbers can be compared"));
        }
        if let Some(next) = self.peek().cloned()
            && self.comparison_operator().is_some()
        {
            let help = Some("write `a < b and b < c`".to_owned());
            return Err(ConditionError { help, ..error(&next, "comparisons cannot be chained") });
        }
        let end = self.tokens.get(self.at.saturating_sub(1)).map_or(token.end, |last| last.end);
        self.refuse_constant(&Token { end, ..first }, &left.0, operator, &right.0)?;
        Ok((Expression::Compare(Box::new(left.0), operator, Box::new(right.0)), true))
    }

    fn refuse_constant(&self, whole: &Token, left: &Expression, operator: Operator, right: &Expression) -> Result<(), ConditionError> {
        let (a, b) = (range::of(left, self.fields), range::of(right, self.fields));
        let same = (left == right).then_some(matches!(operator, Operator::Equal | Operator::LessOrEqual | Operator::GreaterOrEqual));
        let Some(holds) = constant(a, operator, b).or(same) else { return Ok(()) };
        let what = if holds { "this always holds" } else { "this can never hold" };
        let shares = [left, right].into_iter().filter_map(|side| match side {
            Expression::Field(name) if range::of(side, self.fields) == Range::SHARE => Some(name),
            _ => None,
        });
        let help = shares.map(|name| format!("`{name}` lies between 0 and 1; 30 percent is written `30%` or `0.3`")).next();
        Err(ConditionError { help, ..error(whole, what) })
    }

    fn comparison_operator(&mut self) -> Option<Operator> {
        const OPERATORS: [(&str, Operator); 6] = [
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("==", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        OPERATORS.iter().find(|(symbol, _)| self.take_symbol(symbol)).map(|(_, operator)| *operator)
    }

    fn sum(&mut self) -> Result<Typed, ConditionError> {
        self.chain(&[("+", Operator::Add), ("-", Operator::Subtract)], Self::product)
    }

    fn product(&mut self) -> Result<Typed, ConditionError> {
        self.chain(&[("*", Operator::Multiply), ("/", Operator::Divide)], Self::factor)
    }

    fn chain(
        &mut self,
        operators: &[(&str, Operator)],
        next: fn(&mut Self) -> Result<Typed, ConditionError>,
    ) -> Result<Typed, ConditionError> {
        let mut left = next(self)?;
        loop {
            let token = self.here();
            let Some((symbol, operator)) = operators.iter().find(|(symbol, _)| self.take_symbol(symbol)) else {
                return Ok(left);
            };
            let right = next(self)?;
            if left.1 || right.1 {
                return Err(error(&token, format!("`{symbol}` needs numbers on both sides")));
            }
            if *operator == Operator::Divide && range::of(&right.0, self.fields) == (Range { low: 0.0, high: 0.0 }) {
                return Err(error(&token, "this divides by zero"));
            }
            left = (Expression::Arithmetic(Box::new(left.0), *operator, Box::new(right.0)), false);
        }
    }

    fn factor(&mut self) -> Result<Typed, ConditionError> {
        let token = self.here();
        if self.take_symbol("-") {
            return self.nested(&token, |parser| match parser.factor()? {
                (expression, false) => Ok((Expression::Negate(Box::new(expression)), false)),
                _ => Err(error(&token, "`-` needs a number")),
            });
        }
        if self.take_symbol("(") {
            return self.nested(&token, |parser| {
                let inner = parser.or()?;
                parser.close(&token)?;
                Ok(inner)
            });
        }
        let missing = if self.at >= self.tokens.len() { "the condition ends too early" } else { "expected a number or a field" };
        self.at += 1;
        match token.kind.clone() {
            Kind::Number(n) => {
                // A division, since 0.01 is no float: 5 % is exactly what `0.05` is.
                let value = if self.take_symbol("%") { n / 100.0 } else { n };
                Ok((Expression::Number(value), false))
            }
            Kind::Word(word) if word == "abs" => self.absolute(&token),
            Kind::Word(word) => self.field(&token, word),
            Kind::Symbol(_) => Err(error(&token, missing)),
        }
    }

    fn close(&mut self, open: &Token) -> Result<(), ConditionError> {
        if self.take_symbol(")") { Ok(()) } else { Err(error(open, "this parenthesis is never closed")) }
    }

    fn absolute(&mut self, token: &Token) -> Result<Typed, ConditionError> {
        if !self.take_symbol("(") {
            return Err(error(token, "write `abs(…)`"));
        }
        self.nested(token, |parser| {
            let inner = parser.sum()?;
            parser.close(token)?;
            if inner.1 {
                return Err(error(token, "`abs` needs a number"));
            }
            Ok((Expression::Absolute(Box::new(inner.0)), false))
        })
    }

    fn field(&mut self, token: &Token, word: String) -> Result<Typed, ConditionError> {
        if !self.fields.iter().any(|(name, _)| *name == word) {
            let help = match word == "reference" || word.starts_with("reference.") {
                true => Some("`reference` is the same field of the other side: there must be a [source.reference], and the metric must not compare the sides itself".into()),
                false => suggestion(&word, self.fields.iter().map(|(name, _)| name.as_str())),
            };
            return Err(ConditionError { help, ..error(token, format!("no field `{word}` in this metric's result")) });
        }
        if !self.used.contains(&word) {
            self.used.push(word.clone());
        }
        Ok((Expression::Field(word), false))
    }
}
