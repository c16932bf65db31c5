"""Adds length, vocabulary and readability of a text. The exported resource lives in `transforms`, as its interface is named."""

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.about import Description, Input, PluginInfo
from wit_world.imports.types import Encoding, Field

import options
import transforms  # noqa: F401  the module with the Transformer
from outputs import OUTPUTS


class About(exports.About):
    def info(self) -> PluginInfo:
        # Raw strings cross in the same shape: bytes, and offsets that Python boxes.
        text = Input("text", "Texts, in any language.", ["Utf8"], Encoding.TYPED, False)
        summary = "Length, vocabulary and readability of texts."
        return PluginInfo("text_statistics", "0.1.0", summary, 1, options.SCHEMA, [text])

    def describe(self, config: str, inputs: list[Field]) -> Description:
        try:
            options.sentence_marks(config)
        except ValueError as error:
            raise Err(str(error))
        return Description(OUTPUTS, [])
