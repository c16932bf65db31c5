"""What `scipy.stats.fligner` says of explicit samples: golden.json.

usage: python3 golden.py      (scipy 1.17, in this folder)
"""

import json
from pathlib import Path
from typing import Iterator

from scipy.stats import fligner


def uniform(seed: int) -> Iterator[float]:
    """Numbers in [0, 1) of 32 bits: the upper half of Knuth's linear congruential generator MMIX."""
    state = seed
    while True:
        state = (6364136223846793005 * state + 1442695040888963407) % 2**64
        yield (state >> 32) / 2**32


def bells(seed: int, count: int, scale: float) -> list[float]:
    """Sums of twelve uniform numbers less six: nearly normal with the standard deviation `scale`, to three decimals."""
    numbers = uniform(seed)
    return [round(scale * (sum(next(numbers) for _ in range(12)) - 6), 3) for _ in range(count)]


# The samples `a` and `b` of SciPy's own example.
SCIPY_A = [8.88, 9.12, 9.04, 8.98, 9.00, 9.08, 9.01, 8.85, 9.06, 8.99]
SCIPY_B = [8.88, 8.95, 9.29, 9.44, 9.15, 9.58, 8.36, 9.18, 8.67, 9.05]

SAMPLES = {
    "scipy_example": (SCIPY_A, SCIPY_B),
    "the_other_way_round": (SCIPY_B, SCIPY_A),
    "two_on_each_side": ([0.0, 1.0], [0.0, 10.0]),
    "two_and_three": ([1.5, -2.5], [10.0, 10.25, 13.0]),
    "odd_sizes": ([3.0, 1.0, 4.0, 1.5, 9.0], [2.5, 6.0, 5.25, 3.75, 5.5, 8.0, 9.75]),
    "very_different_sizes": ([0.1, 7.0, -3.0], bells(1, 40, 1.0)),
    "ties_within_sides": ([1.0, 1.0, 2.0, 2.0, 3.0, 3.0], [1.0, 1.0, 1.0, 5.0, 5.0, 9.0]),
    "ties_across_sides": ([1.0, 2.0, 3.0, 4.0, 5.0], [11.0, 12.0, 13.0, 14.0, 25.0]),
    "one_side_constant": ([4.0, 4.0, 4.0, 4.0], [1.0, 2.0, 5.0, 9.0]),
    "each_side_at_one_distance": ([0.0, 2.0, 0.0, 2.0], [10.0, 20.0, 10.0, 20.0]),
    "zeros_and_ones": ([0.0] * 30 + [1.0] * 4, [0.0] * 20 + [1.0] * 11),
    "location_alone": (bells(2, 60, 2.0), [round(value + 1000, 3) for value in bells(3, 50, 2.0)]),
    "small_and_large_numbers": ([1e-300, -3e-300, 2e-300, 5e-301], [1e300, -2e300, 5e299, 3e300]),
    "large_alike": (bells(4, 1200, 1.0), bells(5, 800, 1.0)),
    "large_wider": (bells(6, 800, 1.0), bells(7, 1200, 2.5)),
}


def case(name: str, reference: list[float], current: list[float]) -> dict[str, object]:
    """A pair of samples, with SciPy's numbers and epsilon squared."""
    found = fligner(reference, current)
    statistic = float(found.statistic)
    effect_size = statistic / (len(reference) + len(current) - 1)
    numbers = {"statistic": statistic, "p_value": float(found.pvalue), "effect_size": effect_size}
    return {"name": name, "reference": reference, "current": current, **numbers}


def main() -> None:
    cases = [case(name, reference, current) for name, (reference, current) in SAMPLES.items()]
    text = ",\n".join(json.dumps(one) for one in cases)
    Path(__file__).with_name("golden.json").write_text(f'{{"cases": [\n{text}\n]}}\n')


if __name__ == "__main__":
    main()
