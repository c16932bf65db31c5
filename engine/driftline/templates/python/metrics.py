import math
import struct
from typing import Optional

import wit_world.exports.metrics as contract
from componentize_py_types import Err
from wit_world.imports.types import Batch, Data_Raw, Field, Sample


class Accumulator(contract.Accumulator):
    """What is known of the rows so far."""

    def __init__(self) -> None:
        self.count = 0
        self.sum = 0.0
        self.max = -math.inf

    @classmethod
    def create(cls, config: str, inputs: list[Field], reference: Optional[bytes]) -> "Accumulator":
        return cls()

    def update(self, batch: Batch) -> int:
        # `Err` is for the user; another exception ends the plugin, and its traceback goes to the log.
        column = next((c for c in batch.columns if c.name == "value"), None)
        if column is None or not isinstance(column.data, Data_Raw):
            raise Err("the batch has no column `value` of raw values")
        values = memoryview(column.data.value.values).cast("d")
        valid = column.validity
        usable = [v for i, v in enumerate(values) if (valid is None or valid[i]) and math.isfinite(v)]
        if usable:
            self.count += len(usable)
            self.sum += sum(usable)
            self.max = max(self.max, max(usable))
        return batch.rows - len(usable)

    def state(self) -> bytes:
        return struct.pack("<Qdd", self.count, self.sum, self.max)

    def merge(self, state: bytes) -> None:
        try:
            count, total, largest = struct.unpack("<Qdd", state)
        except struct.error as error:
            raise Err(f"the state is broken: {error}")
        self.count += count
        self.sum += total
        self.max = max(self.max, largest)

    def finish(self) -> list[Sample]:
        # Without a value there is no mean, so there is no sample.
        if self.count == 0:
            return []
        return [Sample("mean", [], self.sum / self.count), Sample("max", [], self.max)]
