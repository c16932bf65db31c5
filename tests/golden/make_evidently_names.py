"""The names of Evidently's tests, metrics, presets and descriptors: evidently_names.json.

usage: python3 tests/golden/make_evidently_names.py      (evidently==0.7.23, pandas<3; its `legacy` package is the interface of 0.6.7)
"""
import importlib
import json
from pathlib import Path

modules = {
    "metric of 0.7": "evidently.metrics",
    "preset": "evidently.presets",
    "descriptor": "evidently.descriptors",
    "test of 0.6": "evidently.legacy.tests",
    "metric of 0.6": "evidently.legacy.metrics",
    "preset of metrics of 0.6": "evidently.legacy.metric_preset",
    "preset of tests of 0.6": "evidently.legacy.test_preset",
    "descriptor of 0.6": "evidently.legacy.descriptors",
}
helpers = {"Tests", "TestSuite", "BaseGenerator"}
names = {family: sorted(n for n in getattr(importlib.import_module(module), "__all__", None) or dir(importlib.import_module(module)) if n[0].isupper() and n not in helpers) for family, module in modules.items()}
from evidently.legacy.calculations.stattests import registry

names["drift method"] = sorted(test.name for test in registry._registered_stat_tests_by_name.values()) if hasattr(registry, "_registered_stat_tests_by_name") else sorted(registry._registered_stat_tests)
(Path(__file__).parent / "evidently_names.json").write_text(json.dumps(names, indent=0) + "\n")
print({family: len(found) for family, found in names.items()})
