//! A profile: the finished accumulators of one side.

use crate::accumulator::{Finished, Handle};
use crate::metric::{Hypothesis, Undefined};
use crate::query::QueryRow;
use arrow::datatypes::SchemaRef;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What one side of a comparison came to.
pub struct Profile {
    /// Rows that the filter let through.
    pub rows: u64,
    /// The source's schema, with every column.
    pub schema: SchemaRef,
    results: BTreeMap<String, Result<Finished, String>>,
    /// The rows for which an expression is true, by the expression.
    slices: BTreeMap<String, Arc<Profile>>,
    /// What queries gave, by their text.
    queries: BTreeMap<String, Result<Vec<QueryRow>, String>>,
    /// What comparisons with the reference gave.
    compared: Mutex<BTreeMap<Hypothesis, Arc<Compared>>>,
}

type Compared = OnceLock<Result<Finished, Undefined>>;

impl Profile {
    pub fn new(rows: u64, schema: SchemaRef, results: BTreeMap<String, Result<Finished, String>>) -> Self {
        Self { rows, schema, results, slices: BTreeMap::new(), queries: BTreeMap::new(), compared: Mutex::default() }
    }

    /// Adds the profile of the rows for which `filter` is true.
    pub fn add_slice(&mut self, filter: String, slice: Profile) {
        self.slices.insert(filter, Arc::new(slice));
    }

    /// The same rows with the results whose keys `keep` accepts, and all comparisons that were made.
    pub fn keeping(&self, keep: &dyn Fn(&str) -> bool) -> Profile {
        let results = self.results.iter().filter(|(key, _)| keep(key)).map(|(key, result)| (key.clone(), result.clone()));
        Profile {
            rows: self.rows,
            schema: self.schema.clone(),
            results: results.collect(),
            slices: self.slices.iter().map(|(filter, slice)| (filter.clone(), Arc::new(slice.keeping(keep)))).collect(),
            queries: self.queries.clone(),
            compared: Mutex::new(self.comparisons()),
        }
    }

    /// The same rows with what was found in another reading of them, too.
    pub fn and(mut self, other: &Profile) -> Profile {
        self.results.extend(other.results.iter().map(|(key, result)| (key.clone(), result.clone())));
        for (filter, theirs) in &other.slices {
            let both = match self.slices.remove(filter) {
                Some(ours) => Arc::new(ours.keeping(&|_| true).and(theirs)),
                None => theirs.clone(),
            };
            self.slices.insert(filter.clone(), both);
        }
        self.queries.extend(other.queries.iter().map(|(sql, rows)| (sql.clone(), rows.clone())));
        self.compared.get_mut().unwrap_or_else(PoisonError::into_inner).extend(other.comparisons());
        self
    }

    fn comparisons(&self) -> BTreeMap<Hypothesis, Arc<Compared>> {
        self.compared.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds what a query gave.
    pub fn add_query(&mut self, sql: String, rows: Result<Vec<QueryRow>, String>) {
        self.queries.insert(sql, rows);
    }

    /// What a query gave; an error is its reason.
    pub fn query(&self, sql: &str) -> Result<&[QueryRow], Undefined> {
        let rows = self.queries.get(sql).ok_or_else(|| Undefined::error("the query was not run on this side"))?;
        rows.as_deref().map_err(|reason| Undefined::error(reason.clone()))
    }

    /// What a comparison of that name finds between the reference and this side, computed by whoever asks first.
    pub fn compared<T: Send + Sync + 'static>(&self, test: &Hypothesis, compare: impl FnOnce() -> Result<T, Undefined>) -> Result<Arc<T>, Undefined> {
        // Only empty results are ever put in, so that a panic elsewhere leaves it right.
        let known = self.compared.lock().unwrap_or_else(PoisonError::into_inner).entry(test.clone()).or_default().clone();
        let found = known.get_or_init(|| compare().map(|found| Arc::new(found) as Finished)).clone()?;
        found.downcast().map_err(|_| Undefined::error(format!("internal error: {test:?} has a result of another type")))
    }

    /// The profile of the rows for which `filter` is true; without a filter there is none but this one.
    pub fn slice(&self, filter: &str) -> Option<Arc<Profile>> {
        self.slices.get(filter).cloned()
    }

    /// Whether every accumulator has a result.
    pub fn is_complete(&self) -> bool {
        self.results.values().all(Result::is_ok) && self.slices.values().all(|slice| slice.is_complete())
    }

    /// The result of an accumulator; an error is its reason.
    pub fn read<T: Send + Sync + 'static>(&self, handle: &Handle<T>) -> Result<Arc<T>, Undefined> {
        self.read_key(&handle.request.key)
    }

    /// The result of the accumulator that was asked for under `key`.
    pub fn read_key<T: Send + Sync + 'static>(&self, key: &str) -> Result<Arc<T>, Undefined> {
        let result = self.results.get(key).ok_or_else(|| Undefined::error(format!("`{key}` was not computed")))?;
        let finished = result.as_ref().map_err(|reason| Undefined::error(reason.clone()))?;
        finished.clone().downcast().map_err(|_| Undefined::error(format!("`{key}` has a result of another type")))
    }
}
