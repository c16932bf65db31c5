//! All integration tests, in one binary.

#[path = "../golden/golden_domain.rs"]
mod golden_domain;
#[path = "../golden/golden_math.rs"]
mod golden_math;
#[path = "../golden/golden_tests.rs"]
mod golden_tests;

mod accumulators;
#[cfg(target_os = "linux")]
mod allocator;
mod beyond;
mod catalogue;
mod cli;
mod contract;
mod crafted;
mod evidently;
mod examples;
mod golden_mfcc;
mod grafana;
mod grants;
mod groups;
mod hostile;
mod labels;
mod languages;
mod layers;
mod meanings;
mod performance;
mod plugins;
mod power;
mod presets;
mod profiles;
mod queries;
mod ranking;
mod segments;
mod serve;
mod shelf;
mod slices;
mod sources;
mod specs;
mod support;
