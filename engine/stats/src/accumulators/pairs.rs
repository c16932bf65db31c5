//! Two columns row by row: their co-moments, their values (a seeded sample where they are many), and the counts of their categories.

use super::MOST_CATEGORIES;
use crate::math::{CoMoments, Dd, Moments};
use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Two columns' names.
type Names = (String, String);

/// The rows of a block in which both columns have a number.
fn numbers(block: &Block, names: &Names) -> Result<(Vec<f64>, Vec<f64>), String> {
    let floats = |name: &str| {
        let array = block.column(name)?;
        cast(array, &DataType::Float64).map_err(|e| format!("column `{name}` cannot be read as numbers: {e}"))
    };
    let (x, y) = (floats(&names.0)?, floats(&names.1)?);
    let rows = x.as_primitive::<Float64Type>().iter().zip(y.as_primitive::<Float64Type>().iter());
    Ok(rows.filter_map(|(x, y)| Some((x.filter(|x| !x.is_nan())?, y.filter(|y| !y.is_nan())?))).unzip())
}

fn key(what: &str, a: &str, b: &str) -> (String, Names, Vec<String>) {
    (format!("{what}({a},{b})"), (a.into(), b.into()), vec![a.into(), b.into()])
}

/// Co-moments of the rows in which both columns have a finite number, and how many others have two numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ColumnCoMoments {
    pub finite: CoMoments,
    pub infinite: u64,
}

pub fn co_moments(a: &str, b: &str) -> Handle<ColumnCoMoments> {
    let (key, names, columns) = key("co_moments", a, b);
    Handle::new(key, columns, 0, move |_| Ok(Co { names: names.clone(), found: ColumnCoMoments::default() }))
}

struct Co {
    names: Names,
    found: ColumnCoMoments,
}

/// Count, mean, m2, minimum and maximum.
type Flat = (u64, Dd, Dd, f64, f64);

fn flat(Moments { count, mean, m2, min, max }: Moments) -> Flat {
    (count, mean, m2, min, max)
}

fn unflat((count, mean, m2, min, max): Flat) -> Moments {
    Moments { count, mean, m2, min, max }
}

impl Co {
    fn header(&self) -> Header {
        Header::new("co_moments", 1, format!("{},{}", self.names.0, self.names.1))
    }
}

impl Accumulator for Co {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let (x, y) = numbers(block, &self.names)?;
        let finite = |(x, y): &(f64, f64)| x.is_finite() && y.is_finite();
        let rows = x.len();
        let (x, y): (Vec<f64>, Vec<f64>) = x.into_iter().zip(y).filter(finite).unzip();
        self.found.infinite += (rows - x.len()) as u64;
        self.found.finite = self.found.finite.merge(&CoMoments::from_block(&x, &y));
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        let CoMoments { x, y, cross } = self.found.finite;
        self.header().encode(&(flat(x), flat(y), cross, self.found.infinite))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (x, y, cross, infinite): (Flat, Flat, Dd, u64) = self.header().decode(state)?;
        self.found.finite = self.found.finite.merge(&CoMoments { x: unflat(x), y: unflat(y), cross });
        self.found.infinite += infinite;
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.found))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.names.0.capacity() + self.names.1.capacity()
    }
}

/// Values of the rows in which both columns have a number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ValuePairs {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    /// Rows that there were; more than there are values where these are a sample.
    pub rows: u64,
}

/// Most rows that are kept; of more, a seeded sample.
pub const MOST_VALUE_PAIRS: usize = 100_000;

/// Rows of two columns; of more than [`MOST_VALUE_PAIRS`] a uniform sample of so many, by the least of seeded random numbers.
pub fn value_pairs(a: &str, b: &str) -> Handle<ValuePairs> {
    let (key, names, columns) = key("value_pairs", a, b);
    Handle::new(key, columns, 0, move |context| Ok(Pairs { names: names.clone(), seed: context.seed, rows: 0, kept: Vec::new() }))
}

/// A row with its random number.
type Kept = (u64, f64, f64);

struct Pairs {
    names: Names,
    seed: u64,
    rows: u64,
    /// Up to twice as many as are kept in the end.
    kept: Vec<Kept>,
}

impl Pairs {
    fn header(&self) -> Header {
        Header::new("value_pairs", 1, format!("{},{},{}", self.names.0, self.names.1, self.seed))
    }

    fn shrink(&mut self, to: usize) {
        if self.kept.len() > to {
            self.kept.select_nth_unstable_by_key(to, |kept| kept.0);
            self.kept.truncate(to);
        }
    }
}

impl Accumulator for Pairs {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let (x, y) = numbers(block, &self.names)?;
        for (x, y) in x.into_iter().zip(y) {
            self.kept.push((xxh3_64_with_seed(&self.rows.to_le_bytes(), self.seed), x, y));
            self.rows += 1;
            if self.kept.len() >= 2 * MOST_VALUE_PAIRS {
                self.shrink(MOST_VALUE_PAIRS);
            }
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&(self.rows, &self.kept))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (rows, kept): (u64, Vec<Kept>) = self.header().decode(state)?;
        self.rows += rows;
        self.kept.extend(kept);
        self.shrink(2 * MOST_VALUE_PAIRS);
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        let mut kept = self.kept.clone();
        if kept.len() > MOST_VALUE_PAIRS {
            kept.select_nth_unstable_by_key(MOST_VALUE_PAIRS, |kept| kept.0);
            kept.truncate(MOST_VALUE_PAIRS);
        }
        let (x, y) = kept.into_iter().map(|(_, x, y)| (x, y)).unzip();
        Ok(Arc::new(ValuePairs { x, y, rows: self.rows }))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.kept.capacity() * size_of::<Kept>()
    }
}

/// Rows of each two categories that occur together, as places in the sorted categories of each column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CategoryPairs {
    pub cells: Vec<(usize, usize, u64)>,
}

pub fn category_pairs(a: &str, b: &str) -> Handle<CategoryPairs> {
    let (key, names, columns) = key("category_pairs", a, b);
    Handle::new(key, columns, 0, move |_| Ok(Table { names: names.clone(), cells: FxHashMap::default() }))
}

struct Table {
    names: Names,
    cells: FxHashMap<Names, u64>,
}

impl Table {
    fn header(&self) -> Header {
        Header::new("category_pairs", 1, format!("{},{}", self.names.0, self.names.1))
    }

    fn add(&mut self, a: &str, b: &str, n: u64) -> Result<(), String> {
        *self.cells.entry((a.to_owned(), b.to_owned())).or_default() += n;
        match self.cells.len() > MOST_CATEGORIES {
            true => Err(format!("columns `{}` and `{}` have more than {MOST_CATEGORIES} different pairs of categories", self.names.0, self.names.1)),
            false => Ok(()),
        }
    }

    fn sorted(&self) -> Vec<(&Names, u64)> {
        let mut cells: Vec<(&Names, u64)> = self.cells.iter().map(|(names, n)| (names, *n)).collect();
        cells.sort_unstable();
        cells
    }
}

impl Accumulator for Table {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let (a, b) = (block.strings(&self.names.0)?, block.strings(&self.names.1)?);
        a.iter().zip(b.iter()).filter_map(|(a, b)| Some((a?, b?))).try_for_each(|(a, b)| self.add(a, b, 1))
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&self.sorted())
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let cells: Vec<(Names, u64)> = self.header().decode(state)?;
        cells.iter().try_for_each(|((a, b), n)| self.add(a, b, *n))
    }

    fn finish(&self) -> Result<Finished, String> {
        let places = |of: fn(&Names) -> &String| {
            let mut names: Vec<&String> = self.cells.keys().map(of).collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        let (first, second) = (places(|n| &n.0), places(|n| &n.1));
        let place = |names: &[&String], name: &String| names.binary_search(&name).unwrap_or(0);
        let cell = |((a, b), n): (&Names, u64)| (place(&first, a), place(&second, b), n);
        Ok(Arc::new(CategoryPairs { cells: self.sorted().into_iter().map(cell).collect() }))
    }

    fn size(&self) -> usize {
        let names: usize = self.cells.keys().map(|(a, b)| a.capacity() + b.capacity()).sum();
        size_of::<Self>() + names + self.cells.capacity() * (size_of::<(Names, u64)>() + 1)
    }
}
