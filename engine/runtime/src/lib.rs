//! The run: a spec becomes a [`plan`], blocks flow through the [`pipeline`], and [`evaluate`] judges what came out;
//! [`serve`] does so on a schedule.

pub mod evaluate;
pub mod groups;
pub mod pipeline;
pub mod plan;
pub mod plugin_metric;
pub mod save;
pub mod serve;
pub mod state;
pub mod times;
