"""The columns that the plugin adds: those of `text.Statistics`, in its order."""

from wit_world.exports.about import Output

OUTPUTS = [
    Output("characters", "Int64", "Code points that are not white space.", ""),
    Output("words", "Int64", "Words.", ""),
    Output("sentences", "Int64", "Sentences; a text without a sentence mark is one.", ""),
    Output("mean_word_length", "Float64", "Mean number of letters and digits of a word.", ""),
    Output("type_token_ratio", "Float64", "Distinct words, whatever their case, by words.", "ratio"),
    Output("automated_readability_index", "Float64", "US school grade by letters a word and words a sentence.", ""),
    Output("coleman_liau_index", "Float64", "US school grade by letters and sentences in 100 words.", ""),
]
