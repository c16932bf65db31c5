"""Columns of texts: batches in, statistics out. Named after the interface `transforms`, where its class is looked for."""

import re
from typing import Iterator, Optional

import wit_world.exports.transforms as contract
from componentize_py_types import Err
from wit_world.imports.types import Batch, Column, Data_Float64, Data_Int64, Data_Utf8, Field

import options
from outputs import OUTPUTS
from text import Statistics, sentence_end, statistics

_DATA = {"Int64": Data_Int64, "Float64": Data_Float64}
# Stands where a row is null.
_NOTHING = Statistics(0, 0, 0, 0.0, 0.0, 0.0, 0.0)


class Transformer(contract.Transformer):
    """Reads texts whose sentences end where a pattern matches."""

    def __init__(self, end: re.Pattern[str]) -> None:
        self.end = end

    @classmethod
    def create(cls, config: str, inputs: list[Field]) -> "Transformer":
        try:
            return cls(sentence_end(options.sentence_marks(config)))
        except ValueError as error:
            raise Err(str(error))

    def transform(self, batch: Batch) -> list[Column]:
        # `Err` is for the user; another exception ends the plugin, and its traceback goes to the log.
        column = next((c for c in batch.columns if c.name == "text"), None)
        if column is None or not isinstance(column.data, Data_Utf8):
            raise Err("the batch has no column `text` of Utf8")
        return _columns([None if text is None else statistics(text, self.end) for text in _texts(column)])


def _texts(column: Column) -> Iterator[Optional[str]]:
    """The texts of a Utf8 column; none for a null."""
    offsets, values, valid = column.data.value.offsets, column.data.value.values, column.validity
    for row, (start, end) in enumerate(zip(offsets, offsets[1:])):
        yield values[start:end].decode() if valid is None or valid[row] else None


def _columns(rows: list[Optional[Statistics]]) -> list[Column]:
    """Rows as columns. A row without statistics is null in each."""
    valid = bytes(row is not None for row in rows)
    validity = None if all(valid) else valid
    filled = [row or _NOTHING for row in rows]
    return [Column(o.name, _DATA[o.arrow_type]([row[i] for row in filled]), validity) for i, o in enumerate(OUTPUTS)]
