//! Metrics of rankings and recommendations, one file each.

mod averages;
mod bias;
pub mod diversity;
pub mod f_beta_at_k;
pub mod hit_rate;
pub mod item_bias;
mod lists;
pub mod mean_average_precision;
pub mod mean_average_recall;
pub mod mean_reciprocal_rank;
pub mod ndcg;
pub mod novelty;
pub mod personalization;
pub mod popularity_bias;
pub mod precision_at_k;
pub mod recall_at_k;
pub mod score_entropy;
pub mod serendipity;
pub mod user_bias;
mod vectors;
