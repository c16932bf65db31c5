//! The Grafana dashboard: one panel for each question that a person on call asks.

use serde_json::{Value, json};

/// A panel: title, description, unit, and its expressions with their legends.
struct Panel {
    title: &'static str,
    description: &'static str,
    unit: &'static str,
    queries: &'static [(&'static str, &'static str)],
}

/// Panels by row. `$monitor` is the dashboard's variable.
const ROWS: &[(&str, &[Panel])] = &[
    ("Drift", &[
        Panel {
            title: "Effect size by feature",
            description: "How far each column moved, on its test's scale: 0 is no difference. Compare with the check's condition.",
            unit: "short",
            queries: &[("driftline_drift_effect_size{monitor=~\"$monitor\"}", "{{column}} {{test}}")],
        },
        Panel {
            title: "p-value by feature",
            description: "Raw p-values of the drift tests. They shrink with the number of rows: read them beside the effect size.",
            unit: "percentunit",
            queries: &[("driftline_drift_p_value{monitor=~\"$monitor\"}", "{{column}} {{test}}")],
        },
        Panel {
            title: "Share of drifted columns",
            description: "Columns that drifted, after the suite's correction, over the columns tested.",
            unit: "percentunit",
            queries: &[("driftline_drifted_columns_share{monitor=~\"$monitor\"}", "{{monitor}}")],
        },
        Panel {
            title: "Distribution of categories",
            description: "Share of each recorded category, such as the predictions of a classifier.",
            unit: "percentunit",
            queries: &[("driftline_category_share_share{monitor=~\"$monitor\"}", "{{column}} {{category}}")],
        },
    ]),
    ("Data quality", &[
        Panel {
            title: "Missing values",
            description: "Share of values that are null or NaN.",
            unit: "percentunit",
            queries: &[("driftline_missing_values_share{monitor=~\"$monitor\"}", "{{column}}")],
        },
        Panel {
            title: "Duplicated rows",
            description: "Rows that repeat an earlier one, over all rows.",
            unit: "percentunit",
            queries: &[("driftline_duplicated_rows_share{monitor=~\"$monitor\"}", "{{monitor}}")],
        },
        Panel {
            title: "Rows",
            description: "Rows of each side in the last evaluation.",
            unit: "short",
            queries: &[("driftline_rows{monitor=~\"$monitor\"}", "{{side}}")],
        },
        Panel {
            title: "Left out",
            description: "What the last evaluation left out or could not use: filtered rows, unparsed values, undecodable clips.",
            unit: "short",
            queries: &[("driftline_left_out{monitor=~\"$monitor\"}", "{{reason}}")],
        },
        Panel {
            title: "Samples of plugins",
            description: "What the metrics of plugins found.",
            unit: "short",
            queries: &[(
                "{__name__=~\"driftline_plugin_.+\", __name__!~\"driftline_plugin_((calls|rows|seconds|failures)_total|peak_memory_bytes|quarantined)\", monitor=~\"$monitor\"}",
                "{{__name__}} {{column}}",
            )],
        },
    ]),
    ("Model performance", &[
        Panel {
            title: "Labels",
            description: "How well a classifier does, over all labels: shares of right answers, and the area under the ROC curve. The higher the better.",
            unit: "percentunit",
            queries: &[(
                "{__name__=~\"driftline_(accuracy|balanced_accuracy|f_beta|precision|recall|roc_auc|average_precision)_value\", monitor=~\"$monitor\", label=\"\", segment=\"\"}",
                "{{__name__}}",
            )],
        },
        Panel {
            title: "By label",
            description: "Precision, recall and their mean of each label, of checks and records with average = \"by_label\".",
            unit: "percentunit",
            queries: &[("{__name__=~\"driftline_(f_beta|precision|recall|roc_auc)_value\", monitor=~\"$monitor\", label!=\"\"}", "{{__name__}} {{label}}")],
        },
        Panel {
            title: "By segment",
            description: "How well the model does for each value of a column, of checks and records with `by`.",
            unit: "short",
            queries: &[(
                "{__name__=~\"driftline_(accuracy|f_beta|precision|recall|roc_auc|mean_absolute_error|r2_score)_value\", monitor=~\"$monitor\", segment!=\"\"}",
                "{{__name__}} {{segment}}",
            )],
        },
        Panel {
            title: "Errors of predicted numbers",
            description: "Mean errors of a regression, in the unit of the target. The lower the better; the mean error tells the direction.",
            unit: "short",
            queries: &[(
                "{__name__=~\"driftline_(mean_error|mean_absolute_error|median_absolute_error|root_mean_squared_error)_value\", monitor=~\"$monitor\", segment=\"\"}",
                "{{__name__}}",
            )],
        },
        Panel {
            title: "Probabilities",
            description: "How far probabilities are from what came true. The lower the better.",
            unit: "short",
            queries: &[("{__name__=~\"driftline_(log_loss|brier_score|expected_calibration_error)_value\", monitor=~\"$monitor\", segment=\"\"}", "{{__name__}}")],
        },
        Panel {
            title: "Labels that have come",
            description: "Rows whose true label is known, over all rows: the others have no part in the panels above.",
            unit: "percentunit",
            queries: &[("driftline_label_coverage_value{monitor=~\"$monitor\"}", "{{monitor}}")],
        },
        Panel {
            title: "Worst segments",
            description: "Mean loss in the segments where the model does significantly worse than elsewhere, or of all rows where there is none.",
            unit: "short",
            queries: &[("driftline_worst_segments_value{monitor=~\"$monitor\"}", "{{slice}}")],
        },
        Panel {
            title: "Rankings",
            description: "How well a recommender orders the items of its users. The higher the better.",
            unit: "percentunit",
            queries: &[(
                "{__name__=~\"driftline_(ndcg|mean_average_precision|mean_reciprocal_rank|precision_at_k|recall_at_k|hit_rate)_value\", monitor=~\"$monitor\"}",
                "{{__name__}}",
            )],
        },
    ]),
    ("Suites", &[
        Panel {
            title: "Status of suites",
            description: "The status that each suite has now: one line for each suite, named by its status.",
            unit: "short",
            queries: &[("driftline_suite_status{monitor=~\"$monitor\"} == 1", "{{suite}}: {{status}}")],
        },
        Panel {
            title: "Checks by status",
            description: "Number of checks with each status.",
            unit: "short",
            queries: &[("sum by (status) (driftline_check_status{monitor=~\"$monitor\"})", "{{status}}")],
        },
    ]),
    ("Engine", &[
        Panel {
            title: "Duration of an evaluation",
            description: "Wall-clock seconds of the last evaluation.",
            unit: "s",
            queries: &[("driftline_evaluation_duration_seconds{monitor=~\"$monitor\"}", "{{monitor}}")],
        },
        Panel {
            title: "Age of the last success",
            description: "Seconds since an evaluation was last done. It should stay below two intervals of the schedule.",
            unit: "s",
            queries: &[("time() - driftline_last_success_timestamp_seconds{monitor=~\"$monitor\"}", "{{monitor}}")],
        },
        Panel {
            title: "Evaluations",
            description: "Evaluations a second, and those that could not be done.",
            unit: "ops",
            queries: &[
                ("rate(driftline_evaluations_total{monitor=~\"$monitor\"}[$__rate_interval])", "done {{monitor}}"),
                ("rate(driftline_evaluation_failures_total{monitor=~\"$monitor\"}[$__rate_interval])", "failed {{monitor}}"),
            ],
        },
        Panel {
            title: "Failed calls of plugins",
            description: "Calls a second in which a plugin trapped, broke its contract or one of its limits, by reason.",
            unit: "ops",
            queries: &[(
                "rate(driftline_plugin_failures_total{monitor=~\"$monitor\"}[$__rate_interval])",
                "{{plugin}}: {{reason}}",
            )],
        },
        Panel {
            title: "Time in plugins",
            description: "Seconds of each second that are spent in a plugin's calls, on all threads; and 1 for a plugin that is quarantined.",
            unit: "short",
            queries: &[
                ("rate(driftline_plugin_seconds_total{monitor=~\"$monitor\"}[$__rate_interval])", "{{plugin}}"),
                ("driftline_plugin_quarantined{monitor=~\"$monitor\"} == 1", "{{plugin}} is quarantined"),
            ],
        },
        Panel {
            title: "Memory of plugins",
            description: "Most linear memory that one instance had in the last evaluation. Its limit is `limits.memory`.",
            unit: "bytes",
            queries: &[("driftline_plugin_peak_memory_bytes{monitor=~\"$monitor\"}", "{{plugin}}")],
        },
        Panel {
            title: "Undefined values",
            description: "Checks of the last evaluation without a value: their series are absent, never zero.",
            unit: "short",
            queries: &[("driftline_undefined_values{monitor=~\"$monitor\"}", "{{monitor}}")],
        },
    ]),
];

const WIDTH: usize = 8;
const HEIGHT: usize = 8;

/// The dashboard as Grafana's JSON.
pub fn dashboard() -> Value {
    let mut panels = Vec::new();
    let mut y = 0;
    for (title, row) in ROWS {
        let at = json!({ "h": 1, "w": 24, "x": 0, "y": y });
        panels.push(json!({ "id": panels.len() + 1, "type": "row", "title": title, "collapsed": false, "gridPos": at, "panels": [] }));
        y += 1;
        for (i, one) in row.iter().enumerate() {
            let at = json!({ "h": HEIGHT, "w": WIDTH, "x": i % 3 * WIDTH, "y": y + i / 3 * HEIGHT });
            panels.push(panel(panels.len() + 1, one, at));
        }
        y += row.len().div_ceil(3) * HEIGHT;
    }
    json!({
        "uid": "driftline", "title": "Driftline", "description": "Data and models that Driftline monitors.",
        "schemaVersion": 42, "version": 1, "editable": true, "refresh": "30s", "tags": ["driftline"], "timezone": "utc",
        "time": { "from": "now-6h", "to": "now" },
        "templating": { "list": [
            { "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus" },
            { "name": "monitor", "label": "Monitor", "type": "query", "datasource": source(), "refresh": 2, "includeAll": true, "multi": true,
              "query": { "query": "label_values(driftline_status, monitor)", "refId": "monitor" } },
        ] },
        "panels": panels,
    })
}

fn source() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}

fn panel(id: usize, panel: &Panel, at: Value) -> Value {
    let target = |(i, (expression, legend)): (usize, &(&str, &str))| {
        let letter = char::from(b'A' + i as u8);
        json!({ "refId": letter.to_string(), "datasource": source(), "expr": expression, "legendFormat": legend })
    };
    let targets: Vec<Value> = panel.queries.iter().enumerate().map(target).collect();
    json!({
        "id": id, "type": "timeseries", "title": panel.title, "description": panel.description, "datasource": source(), "gridPos": at,
        "fieldConfig": { "defaults": { "unit": panel.unit }, "overrides": [] },
        "options": { "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": [] },
                     "tooltip": { "mode": "multi", "sort": "desc" } },
        "targets": targets,
    })
}
