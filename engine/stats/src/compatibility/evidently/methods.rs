//! Its drift methods, as values of `test`.

use super::{METHODS, TEXTS};
use driftline_core::catalogue::{Meaning, Translation};

const fn method(name: &'static str, test: &'static str, note: &'static str) -> Translation {
    Translation { name, family: "drift method", meaning: Meaning::Test(test, "detected == 1"), note, proof: METHODS }
}

const DRAWN: &str = "Draws are seeded and not Evidently's: p-values agree within 0.15.";

const fn text(name: &'static str, test: &'static str, note: &'static str) -> Translation {
    Translation { proof: TEXTS, ..method(name, test, note) }
}

const fn embedding(name: &'static str, test: &'static str, rule: &'static str, note: &'static str) -> Translation {
    Translation { name, family: "embedding drift method", meaning: Meaning::Test(test, rule), note, proof: TEXTS }
}

const CLASSIFIED: &str = "Another split, other words and another solver than Evidently's: the AUC agrees within 0.1.";

pub(super) const TABLE: &[Translation] = &[
    method("ks", "name = \"evidently\"\nmethod = \"ks\"", ""),
    method("wasserstein", "name = \"evidently\"\nmethod = \"wasserstein\"", "Infinite values are always left out; Evidently keeps them where nothing is missing."),
    method("psi", "name = \"evidently\"\nmethod = \"psi\"", ""),
    method("kl_div", "name = \"evidently\"\nmethod = \"kl_div\"", ""),
    method("jensenshannon", "name = \"evidently\"\nmethod = \"jensenshannon\"", ""),
    method("hellinger", "name = \"evidently\"\nmethod = \"hellinger\"", ""),
    method("chisquare", "name = \"evidently\"\nmethod = \"chisquare\"", "One category is an error, where Evidently's p-value is NaN."),
    method("z", "name = \"evidently\"\nmethod = \"z\"", ""),
    method("g_test", "name = \"evidently\"\nmethod = \"g_test\"", "Sides of different size are an error, where Evidently raises."),
    method("fisher_exact", "name = \"evidently\"\nmethod = \"fisher_exact\"", "Sides of different size are an error, where Evidently raises."),
    method("TVD", "name = \"evidently\"\nmethod = \"TVD\"", DRAWN),
    method("t_test", "name = \"evidently\"\nmethod = \"t_test\"", "Sides that do not vary are an error, where Evidently's p-value is NaN."),
    method("mannw", "name = \"evidently\"\nmethod = \"mannw\"", "As Evidently's it looks for larger values of current alone."),
    method("anderson", "name = \"evidently\"\nmethod = \"anderson\"", ""),
    method("cramer_von_mises", "name = \"evidently\"\nmethod = \"cramer_von_mises\"", "Small p-values are exact, where Evidently's series ends at 1e-7. Sides of one and the same value are an error, where Evidently finds drift."),
    method("es", "name = \"evidently\"\nmethod = \"es\"", "Of columns with two values the rank is 1, where rounding makes it more for SciPy."),
    method("ed", "name = \"evidently\"\nmethod = \"ed\"", ""),
    text("abs_text_content_drift", "name = \"evidently\"\nmethod = \"abs_text_content_drift\"", CLASSIFIED),
    text("perc_text_content_drift", "name = \"evidently\"\nmethod = \"perc_text_content_drift\"", CLASSIFIED),
    embedding("model", "name = \"domain_classifier\"", "statistic > 55%", "Another split and another solver than Evidently's: the AUC agrees within 0.1."),
    embedding("distance", "name = \"centroid_distance\"", "statistic > 0.2", "Without PCA and bootstrap."),
    embedding("ratio", "name = \"drifted_components\"\nallowance = 0.0", "statistic > 20%", "Without PCA."),
    embedding("mmd", "name = \"maximum_mean_discrepancy\"\nbandwidth_factor = 0.7071067811865476", "statistic > 0.015", "Without PCA and bootstrap (with which Evidently compares with the wrong percentile); up to 500 rows of a side; the median distance is of different rows, so that scores agree within 2 %."),
    method("empirical_mmd", "name = \"evidently\"\nmethod = \"empirical_mmd\"", DRAWN),
];
