"""The mean and the largest value of a column. The class of an exported resource lives in a module named after its interface."""

from componentize_py_types import Ok  # noqa: F401
from wit_world import exports
from wit_world.exports.about import Description, Direction, Input, PluginInfo, SampleInfo
from wit_world.imports.types import Encoding, Field
import metrics  # noqa: F401  the module with the Accumulator


class About(exports.About):
    def info(self) -> PluginInfo:
        # Raw bytes cross four times as fast as numbers, each of which Python would box.
        value = Input("value", "Numbers.", ["Float64"], Encoding.RAW, False)
        schema = '{"type": "object", "additionalProperties": false}'
        return PluginInfo("NAME", "0.1.0", "Mean and largest value of a column.", 1, schema, [value])

    def describe(self, config: str, inputs: list[Field]) -> Description:
        mean = SampleInfo("mean", "Mean of the finite values.", "", Direction.NEITHER, [])
        largest = SampleInfo("max", "Largest finite value.", "", Direction.NEITHER, [])
        return Description([], [mean, largest])
