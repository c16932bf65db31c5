//! Its descriptors: features of a text, row by row. Here they are columns of `[derived]`, and any metric or test looks at them.

use super::{Meaning, TEXTS, Translation};

const fn derived(name: &'static str, expression: &'static str, note: &'static str) -> Translation {
    Translation { name, family: "descriptor", meaning: Meaning::Derived(expression), note, proof: TEXTS }
}

const fn elsewhere(name: &'static str, words: &'static str) -> Translation {
    Translation { name, family: "descriptor", meaning: Meaning::Elsewhere(words), note: "", proof: "" }
}

const MODEL: &str = "out of scope: needs a model or a service; compute it before, or in a transform plugin that has the model in it";
const LISTS: &str = "out of scope: needs a list of a language's words; give your own with `regexp_like` in [derived]";
const PLUGIN: &str = "a transform plugin with a parser in it";
const PAIRS: &str = "`contains(text, other)` in [derived] for each word";

pub(super) const TABLE: &[Translation] = &[
    derived("TextLength", "character_length(text)", ""),
    derived("WordCount", "regexp_count(regexp_replace(text, '[^a-zA-Z ]+', '', 'g'), '[a-zA-Z]+')", "The metric `word_count` counts the words of any language."),
    derived("SentenceCount", "regexp_count(text, '[.?]\\s') + 1", "An abbreviation ends a sentence, where Evidently knows some. The metric `sentence_count` counts those of any language."),
    derived("NonLetterCharacterPercentage", "100.0 * regexp_count(text, '[^\\p{L} ]') / character_length(text)", "The metric `non_letter_share` takes all white space for letters."),
    derived("Contains", "regexp_like(text, 'refund|late', 'i')", ""),
    derived("DoesNotContain", "NOT regexp_like(text, 'refund|late', 'i')", ""),
    derived("BeginsWith", "starts_with(lower(text), 'dear')", ""),
    derived("EndsWith", "ends_with(text, '.')", ""),
    derived("RegExp", "regexp_like(text, '^(.*\\d{3}.*)$')", ""),
    derived("ExactMatch", "text = other", ""),
    derived("TextMatch", "regexp_like(text, 'refund|late', 'i')", "As Contains, DoesNotContain, ExactMatch or RegExp, by its `match_type`."),
    derived("ContainsLink", "regexp_like(text, '(^|\\s)[a-z][a-z0-9+.-]*://\\S+')", ""),
    derived("IncludesWords", "regexp_like(regexp_replace(text, '[^A-Za-z0-9 ]+', '', 'g'), '\\b(refund|wrong)\\b', 'i')", "Words as they stand; Evidently looks up their stems unless `lemmatize` is false."),
    derived("WordsPresence", "regexp_like(regexp_replace(text, '[^A-Za-z0-9 ]+', '', 'g'), '\\b(refund|wrong)\\b', 'i')", "As IncludesWords or ExcludesWords, by its `mode`."),
    derived("TriggerWordsPresent", "regexp_like(regexp_replace(text, '[^A-Za-z0-9 ]+', '', 'g'), '\\b(refund|wrong)\\b', 'i')", "As IncludesWords."),
    derived("ExcludesWords", "NOT regexp_like(regexp_replace(text, '[^A-Za-z0-9 ]+', '', 'g'), '\\b(refund|wrong)\\b', 'i')", "True where none of the words is there; Evidently's is true where any of them is not."),
    derived("ColumnTest", "character_length(text) > 3", "Any condition."),
    derived("TriggerWordsPresence", "regexp_like(regexp_replace(text, '[^A-Za-z0-9 ]+', '', 'g'), '\\b(refund|wrong)\\b', 'i')", "As IncludesWords."),
    derived("CustomColumnEval", "character_length(text)", "Any expression, or a transform plugin."),
    derived("CustomPairColumnEval", "text = other", "Any expression over two columns, or a transform plugin."),
    derived("CustomColumnDescriptor", "character_length(text)", "Any expression, or a transform plugin."),
    derived("CustomDescriptor", "character_length(text)", "Any expression, or a transform plugin."),
    derived("TestSummary", "character_length(text) > 3 AND text <> ''", "Any condition over several columns."),
    elsewhere("ItemMatch", PAIRS),
    elsewhere("ItemNoMatch", PAIRS),
    elsewhere("WordMatch", PAIRS),
    elsewhere("WordNoMatch", PAIRS),
    elsewhere("OOVWordsPercentage", LISTS),
    elsewhere("OOV", LISTS),
    elsewhere("IsValidJSON", PLUGIN),
    elsewhere("IsValidPython", PLUGIN),
    elsewhere("IsValidSQL", PLUGIN),
    elsewhere("JSONMatch", PLUGIN),
    elsewhere("JSONSchemaMatch", PLUGIN),
    elsewhere("Sentiment", MODEL),
    elsewhere("BERTScore", MODEL),
    elsewhere("SemanticSimilarity", MODEL),
    elsewhere("HuggingFace", MODEL),
    elsewhere("HuggingFaceToxicity", MODEL),
    elsewhere("HuggingFaceModel", MODEL),
    elsewhere("HuggingFaceToxicityModel", MODEL),
    elsewhere("OpenAIPrompting", MODEL),
    elsewhere("OpenAI", MODEL),
    elsewhere("ContextRelevance", MODEL),
    elsewhere("LLMEval", MODEL),
    elsewhere("LLMJudge", MODEL),
    elsewhere("BinaryClassificationLLMEval", MODEL),
    elsewhere("MulticlassClassificationLLMEval", MODEL),
    elsewhere("BiasLLMEval", MODEL),
    elsewhere("CompletenessLLMEval", MODEL),
    elsewhere("ContextQualityLLMEval", MODEL),
    elsewhere("CorrectnessLLMEval", MODEL),
    elsewhere("DeclineLLMEval", MODEL),
    elsewhere("FaithfulnessLLMEval", MODEL),
    elsewhere("NegativityLLMEval", MODEL),
    elsewhere("PIILLMEval", MODEL),
    elsewhere("ToxicityLLMEval", MODEL),
];
