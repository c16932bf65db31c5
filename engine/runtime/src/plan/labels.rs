//! Labels that come from a place of their own, and the sides that get them.

use super::{Planner, Side};
use arrow::datatypes::SchemaRef;
use driftline_core::diagnostic::{Diagnostic, Diagnostics, Span};
use driftline_core::name::suggestion;
use driftline_core::query::Labels;
use driftline_core::spec::{ColumnsFrame, LabelsFrame, LabelsSpec, RunFrame};

/// `[source.labels]`, opened.
pub(super) struct OpenedLabels {
    side: Side,
    span: Span,
    frame: LabelsFrame,
}

/// What comes with the labels.
#[derive(Debug, Clone, Default)]
pub struct LabelColumns {
    /// Where they come from.
    pub location: String,
    /// The columns that current gets from there; empty if it has its own target.
    pub columns: Vec<String>,
}

impl Planner<'_> {
    pub(super) async fn open_labels(
        &self,
        spec: Option<LabelsSpec<'_>>,
        types: Option<SchemaRef>,
        d: &mut Diagnostics,
    ) -> Result<Option<OpenedLabels>, Diagnostic> {
        let Some(LabelsSpec { source, span, frame }) = spec else { return Ok(None) };
        let side = self.open(Some(source), types, d).await?;
        Ok(side.map(|side| OpenedLabels { side, span, frame }))
    }

    /// The sides with their labels: those that have no target of their own get it. Also what current got.
    pub(super) fn labelled(
        &self,
        (mut reference, mut current): (Option<Side>, Side),
        opened: Option<OpenedLabels>,
        columns: &ColumnsFrame,
        run: &RunFrame,
        d: &mut Diagnostics,
    ) -> (Option<Side>, Side, LabelColumns) {
        let Some(opened) = opened else { return (reference, current, LabelColumns::default()) };
        let Some(labels) = opened.labels(columns, d) else { return (reference, current, LabelColumns::default()) };
        let (own, theirs) = (current.schema.clone(), opened.side.schema.clone());
        let roles = [(&columns.id, &own, "the rows"), (&columns.id, &theirs, "[source.labels]"), (&columns.target, &theirs, "[source.labels]"), (&columns.labelled_at, &theirs, "[source.labels]")];
        let before = d.len();
        for (role, schema, of) in roles.into_iter().filter_map(|(role, schema, of)| Some((role.as_ref()?, schema, of))) {
            let is_of_rows = of != "the rows" && own.column_with_name(role.get_ref()).is_some() && columns.id.as_ref() != Some(role);
            if schema.column_with_name(role.get_ref()).is_none() && !is_of_rows {
                let help = suggestion(role.get_ref(), schema.fields().iter().map(|f| f.name().as_str()));
                d.push(Diagnostic::at(role.span(), format!("no column `{}` in {of}", role.get_ref())).help(help));
            }
        }
        if d.len() > before {
            return (reference, current, LabelColumns::default());
        }
        if current.schema.column_with_name(&labels.target).is_some() {
            let help = "remove [source.labels], or leave the column out of the rows".to_owned();
            d.push(Diagnostic::at(opened.span, format!("the rows of [source.current] have a column `{}` already", labels.target)).help(help));
            return (reference, current, LabelColumns::default());
        }
        let times = [(&columns.labelled_at, &opened.side.schema), (&columns.timestamp, &current.schema)];
        for (role, schema) in times.into_iter().filter_map(|(role, schema)| Some((role.as_ref()?, schema))) {
            let name = role.get_ref();
            if let Some(number) = schema.field_with_name(name).ok().map(|f| f.data_type()).filter(|t| t.is_numeric()) {
                let message = format!("column `{name}` has numbers ({number}) and no times, by which labels would be told apart");
                d.push(Diagnostic::at(role.span(), message).help("write it with times, such as 2026-03-01T12:00:00".to_owned()));
            }
        }
        let memory = usize::try_from(run.memory.0 / 2).unwrap_or(usize::MAX);
        for side in reference.iter_mut().chain([&mut current]) {
            if side.schema.column_with_name(&labels.target).is_some() || side.source.saved().is_some() {
                continue;
            }
            match self.queries.join(side.source.clone(), labels.clone(), memory) {
                Ok(joined) => {
                    side.schema = joined.schema();
                    side.source = joined;
                }
                Err(e) => d.error(&opened.span, format!("[source.labels]: {e}")),
            }
        }
        let columns = current.schema.fields().iter().map(|f| f.name()).filter(|name| own.column_with_name(name).is_none()).cloned().collect();
        (reference, current, LabelColumns { location: opened.side.source.location(), columns })
    }
}

impl OpenedLabels {
    fn labels(&self, columns: &ColumnsFrame, d: &mut Diagnostics) -> Option<Labels> {
        let mut needed = |role: &Option<toml::Spanned<String>>, name: &str, what: &str| {
            if role.is_none() {
                let help = format!("add under [columns]\n{name} = \"…\"");
                d.push(Diagnostic::at(self.span.clone(), format!("[source.labels] needs `{name}` under [columns]: {what}")).help(help));
            }
            role.as_ref().map(|role| role.get_ref().clone())
        };
        let key = needed(&columns.id, "id", "the column of rows and labels by which they are joined");
        let target = needed(&columns.target, "target", "the labels' column with the true value");
        if let Some(lateness) = &self.frame.lateness
            && columns.timestamp.is_none()
        {
            let help = "add under [columns]\ntimestamp = \"…\"".to_owned();
            d.push(Diagnostic::at(lateness.span(), "`lateness` needs `timestamp` under [columns]: the time of a row").help(help));
        }
        let mut filter = None;
        if let Some(asked) = &self.side.asked_filter {
            match self.side.source.check_filter(asked.get_ref()) {
                Ok(()) => filter = Some(asked.get_ref().clone()),
                Err(e) => d.error(&asked.span(), format!("`filter`: {e}")),
            }
        }
        let time = columns.labelled_at.as_ref().map(|time| time.get_ref().clone());
        Some(Labels { source: self.side.source.clone(), filter, key: key?, target: target?, time })
    }
}
