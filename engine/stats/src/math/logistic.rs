//! Logistic regression with an L2 penalty, of sparse or dense rows.
//!
//! Paper: Lin, Weng, Keerthi, "Trust region Newton method for large-scale logistic regression", JMLR 9 (2008): Newton steps from products
//! with the Hessian, by conjugate gradients that stop early (Dembo, Eisenstat, Steihaug, SIAM J. Numer. Anal. 19, 1982). Their trust region
//! is a search along the step here: the loss along a line needs the scores of the rows only. Reference implementation:
//! `sklearn.linear_model.LogisticRegression` with `C = 1 / (lambda * sum of weights)`.

/// The most columns; more give no model, as every column takes memory.
const MOST_COLUMNS: usize = 1 << 24;
const NEWTON_STEPS: usize = 100;
/// In all steps together.
const HESSIAN_PRODUCTS: usize = 3_000;
const SEARCH_STEPS: usize = 60;
/// Accepted error of the coefficients over their Euclidean norm.
const RELATIVE_ERROR: f64 = 1e-9;
/// What rounding leaves of the gradient, over the sum of the absolute values that it is the sum of.
const ROUNDING: f64 = 1e-15;
/// The largest gradient, on the same scale, that is still an answer when the steps are used up.
const WORST_GRADIENT: f64 = 1e-6;

/// A matrix by rows that keeps only some columns of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SparseRows {
    /// Of each row; but of a row of neighbouring columns the first one alone, so that dense rows are read straight.
    columns: Vec<u32>,
    values: Vec<f64>,
    /// Where each row ends in `columns` and in `values`.
    ends: Vec<(usize, usize)>,
    width: usize,
}

/// The entries of one row.
enum Row<'a> {
    Neighbours(usize, &'a [f64]),
    Scattered(&'a [u32], &'a [f64]),
}

impl SparseRows {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a row by its (column, value) pairs in any order; values of the same column add up.
    pub fn push(&mut self, row: &[(u32, f64)]) {
        let neighbours = row.windows(2).all(|pair| pair[0].0.checked_add(1) == Some(pair[1].0));
        let kept = if neighbours { row.len().min(1) } else { row.len() };
        self.columns.extend(row[..kept].iter().map(|(column, _)| *column));
        self.values.extend(row.iter().map(|(_, value)| *value));
        self.ends.push((self.columns.len(), self.values.len()));
        let width = row.iter().map(|(column, _)| (*column as usize).saturating_add(1)).max();
        self.width = self.width.max(width.unwrap_or(0));
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Number of columns: one more than the largest seen.
    pub fn width(&self) -> usize {
        self.width
    }

    fn row(&self, i: usize) -> Row<'_> {
        let (column, value) = if i == 0 { (0, 0) } else { self.ends[i - 1] };
        let (columns, values) = (&self.columns[column..self.ends[i].0], &self.values[value..self.ends[i].1]);
        match columns {
            [first] => Row::Neighbours(*first as usize, values),
            _ => Row::Scattered(columns, values),
        }
    }
}

impl Row<'_> {
    fn dot(&self, with: &[f64]) -> f64 {
        match self {
            Row::Neighbours(first, values) => dot(values, &with[*first..first + values.len()]),
            Row::Scattered(columns, values) => columns.iter().zip(*values).map(|(column, value)| with[*column as usize] * value).sum(),
        }
    }

    /// Adds `factor` times the row.
    fn add_to(&self, sums: &mut [f64], factor: f64) {
        match self {
            Row::Neighbours(first, values) => add_scaled(&mut sums[*first..first + values.len()], factor, values),
            Row::Scattered(columns, values) => columns.iter().zip(*values).for_each(|(column, value)| sums[*column as usize] += factor * value),
        }
    }

    /// Adds `factor` times the squares of the row.
    fn add_squares_to(&self, sums: &mut [f64], factor: f64) {
        match self {
            Row::Neighbours(first, values) => sums[*first..].iter_mut().zip(*values).for_each(|(sum, value)| *sum += factor * value * value),
            Row::Scattered(columns, values) => {
                columns.iter().zip(*values).for_each(|(column, value)| sums[*column as usize] += factor * value * value);
            }
        }
    }

    fn values(&self) -> &[f64] {
        match self {
            Row::Neighbours(_, values) | Row::Scattered(_, values) => values,
        }
    }
}

/// Eight sums at once, so that it runs on vector registers.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>()
}

fn add_scaled(sums: &mut [f64], factor: f64, values: &[f64]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += factor * value);
}

fn norm(vector: &[f64]) -> f64 {
    dot(vector, vector).sqrt()
}

/// A fitted model: the log-odds of class 1 are `weights . row + intercept`.
#[derive(Clone, Debug, PartialEq)]
pub struct Coefficients {
    /// By column.
    pub weights: Vec<f64>,
    pub intercept: f64,
}

impl Coefficients {
    /// The log-odds of class 1; columns that the training rows did not have count nothing.
    pub fn score(&self, row: &[(u32, f64)]) -> f64 {
        let term = |(column, value): &(u32, f64)| self.weights.get(*column as usize).map_or(0.0, |weight| weight * value);
        self.intercept + row.iter().map(term).sum::<f64>()
    }
}

/// Fits class 1 against class 0. Row `i` counts `weights[i][0]` times as class 0 and `weights[i][1]` times as class 1.
///
/// Minimises `sum w ln(1 + exp(-y (b . x + c))) / sum w + lambda / 2 |b|^2` with y = 1 for class 1 and -1 for class 0; the intercept c has
/// no penalty. The error of b is below 1e-9 of its norm, or what rounding leaves: about 1e-15 of the mean norm of the rows over `lambda`.
/// Equal input gives equal output.
///
/// None where the numbers of rows and weights differ, a class has no weight, a weight is negative, a number is not finite, `lambda` is not
/// above 0, there are more than 2^24 columns, or the steps do not come near a minimum (as with values of 1e-9 and 1e9 together).
pub fn logistic_regression(rows: &SparseRows, weights: &[[f64; 2]], lambda: f64) -> Option<Coefficients> {
    let problem = Problem::new(rows, weights, lambda)?;
    let mut at = vec![0.0; rows.width + 1];
    at[rows.width] = problem.log_odds;
    let mut products = HESSIAN_PRODUCTS;
    let (mut best, mut stalled) = (f64::INFINITY, 0);
    for _ in 0..NEWTON_STEPS {
        let local = problem.look(&at);
        let size = norm(&local.gradient);
        let accepted = problem.accepted(&at);
        if size <= accepted || stalled == 3 || products == 0 {
            break;
        }
        stalled = if size < 0.5 * best { 0 } else { stalled + usize::from(size < 1e3 * ROUNDING * problem.scale) };
        best = best.min(size);
        let direction = problem.direction(&local, accepted, &mut products);
        let length = problem.search(&at, &local, &direction);
        add_scaled(&mut at, length, &direction);
    }
    // The gradient of what is given, which the last step has changed.
    let reached = norm(&problem.look(&at).gradient) <= WORST_GRADIENT * problem.scale;
    let intercept = at.pop().filter(|c| reached && c.is_finite())?;
    Some(Coefficients { weights: at, intercept })
}

/// Vectors have one entry more than the rows have columns: the intercept, last.
struct Problem<'a> {
    rows: &'a SparseRows,
    /// Over their sum.
    weights: Vec<[f64; 2]>,
    lambda: f64,
    /// Of the whole classes.
    log_odds: f64,
    /// Mean of the norms of the rows, 1 for the intercept included: the gradient of the loss cannot be larger.
    scale: f64,
}

/// What there is to know about the loss at a point.
struct Local {
    scores: Vec<f64>,
    gradient: Vec<f64>,
    /// Of the loss of each row, by its score.
    curvatures: Vec<f64>,
    /// The diagonal of the Hessian.
    diagonal: Vec<f64>,
}

impl<'a> Problem<'a> {
    fn new(rows: &'a SparseRows, weights: &[[f64; 2]], lambda: f64) -> Option<Self> {
        let valid = rows.len() == weights.len() && rows.width <= MOST_COLUMNS && lambda > 0.0 && lambda.is_finite();
        if !valid || weights.iter().flatten().any(|w| w.is_nan() || *w < 0.0) {
            return None;
        }
        let sums = weights.iter().fold([0.0, 0.0], |sums, w| [sums[0] + w[0], sums[1] + w[1]]);
        let total = sums[0] + sums[1];
        if !total.is_finite() || sums[0] <= 0.0 || sums[1] <= 0.0 {
            return None;
        }
        let weights: Vec<[f64; 2]> = weights.iter().map(|w| [w[0] / total, w[1] / total]).collect();
        let norm_of = |i: usize| (weights[i][0] + weights[i][1]) * (1.0 + dot(rows.row(i).values(), rows.row(i).values())).sqrt();
        let scale: f64 = (0..rows.len()).map(norm_of).sum();
        scale.is_finite().then_some(Problem { rows, weights, lambda, log_odds: sums[1].ln() - sums[0].ln(), scale })
    }

    /// The size of a gradient that is good enough: the loss is curved by lambda at least, so the error of b is at most gradient / lambda.
    fn accepted(&self, at: &[f64]) -> f64 {
        let penalised = norm(&at[..self.rows.width]);
        (RELATIVE_ERROR * self.lambda * penalised).max(ROUNDING * self.scale)
    }

    fn score(&self, i: usize, at: &[f64]) -> f64 {
        self.rows.row(i).dot(at) + at[self.rows.width]
    }

    fn look(&self, at: &[f64]) -> Local {
        let width = self.rows.width;
        let scores: Vec<f64> = (0..self.rows.len()).map(|i| self.score(i, at)).collect();
        let mut gradient: Vec<f64> = at.iter().map(|b| self.lambda * b).collect();
        let mut diagonal = vec![self.lambda; width + 1];
        (gradient[width], diagonal[width]) = (0.0, 0.0);
        let mut curvatures = Vec::with_capacity(scores.len());
        for (i, score) in scores.iter().enumerate() {
            let (slope, curvature) = slope_and_curvature(*score, self.weights[i]);
            let row = self.rows.row(i);
            row.add_to(&mut gradient, slope);
            row.add_squares_to(&mut diagonal, curvature);
            gradient[width] += slope;
            diagonal[width] += curvature;
            curvatures.push(curvature);
        }
        Local { scores, gradient, curvatures, diagonal }
    }

    /// The Hessian times a vector, in one pass over the rows.
    fn hessian_times(&self, curvatures: &[f64], vector: &[f64]) -> Vec<f64> {
        let width = self.rows.width;
        let mut product: Vec<f64> = vector.iter().map(|v| self.lambda * v).collect();
        product[width] = 0.0;
        for (i, curvature) in curvatures.iter().enumerate() {
            let factor = curvature * self.score(i, vector);
            self.rows.row(i).add_to(&mut product, factor);
            product[width] += factor;
        }
        product
    }

    /// The Newton step, to a precision that grows near the minimum: conjugate gradients, preconditioned by the diagonal.
    fn direction(&self, local: &Local, accepted: f64, products: &mut usize) -> Vec<f64> {
        let size = norm(&local.gradient);
        let enough = (size * (size / self.scale).sqrt().min(0.1)).max(0.3 * accepted);
        let scaled = |residual: &[f64]| -> Vec<f64> {
            residual.iter().zip(&local.diagonal).map(|(r, d)| if *d > 0.0 { r / d } else { *r }).collect()
        };
        let mut step = vec![0.0; local.gradient.len()];
        let mut residual: Vec<f64> = local.gradient.iter().map(|g| -g).collect();
        let mut search = scaled(&residual);
        let mut fit = dot(&residual, &search);
        while *products > 0 {
            *products -= 1;
            let product = self.hessian_times(&local.curvatures, &search);
            let length = fit / dot(&search, &product);
            if !length.is_finite() || length <= 0.0 {
                break;
            }
            add_scaled(&mut step, length, &search);
            add_scaled(&mut residual, -length, &product);
            if norm(&residual) <= enough {
                break;
            }
            let next = scaled(&residual);
            let next_fit = dot(&residual, &next);
            let share = next_fit / fit;
            fit = next_fit;
            search.iter_mut().zip(&next).for_each(|(s, n)| *s = n + share * *s);
        }
        step
    }

    /// How far to go: where the slope of the loss along the direction is small, by Newton's method between bounds. The loss is convex, so
    /// that the slope alone tells the way, also where the loss itself no longer changes in its last bit.
    fn search(&self, at: &[f64], local: &Local, direction: &[f64]) -> f64 {
        let width = self.rows.width;
        let moves: Vec<f64> = (0..self.rows.len()).map(|i| self.score(i, direction)).collect();
        let (along, square) = (dot(&at[..width], &direction[..width]), dot(&direction[..width], &direction[..width]));
        let start = dot(&local.gradient, direction);
        let (mut low, mut high, mut length) = (0.0, f64::INFINITY, 1.0);
        for _ in 0..SEARCH_STEPS {
            let (mut slope, mut curvature) = (self.lambda * (along + length * square), self.lambda * square);
            for ((score, step), weights) in local.scores.iter().zip(&moves).zip(&self.weights) {
                let (first, second) = slope_and_curvature(score + length * step, *weights);
                slope += first * step;
                curvature += second * step * step;
            }
            if slope.abs() <= 0.1 * start.abs() {
                return length;
            }
            if slope < 0.0 { low = length } else { high = length }
            let newton = length - slope / curvature;
            let middle = if high.is_finite() { 0.5 * (low + high) } else { 4.0 * length };
            length = if newton > low && newton < high.min(1e3 * (low + 1.0)) { newton } else { middle };
        }
        low
    }
}

/// Derivatives by the score of `w0 ln(1 + exp(score)) + w1 ln(1 + exp(-score))`.
fn slope_and_curvature(score: f64, [zero, one]: [f64; 2]) -> (f64, f64) {
    let e = (-score.abs()).exp();
    let (near, far) = (1.0 / (1.0 + e), e / (1.0 + e));
    let slope = if score >= 0.0 { zero * near - one * far } else { zero * far - one * near };
    (slope, (zero + one) * near * far)
}
