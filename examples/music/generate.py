"""Writes reference.parquet and current.parquet: synthetic clips of ten made-up genres with a classifier's answers.

Usage: python examples/music/generate.py [SEED]      (needs numpy and pyarrow)

The current side differs on purpose: clips are duller (a low-pass filter), one in eight is clipped, tempos are rounded to whole
beats, and `metal` is predicted twice as often. Everything else is drawn from the same distributions.
"""
import datetime
import os
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

RATE, SAMPLES = 22050, 5512
GENRES = ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"]


def clip(rng, genre):
    """A chord of decaying harmonics; the genre sets pitch and noise."""
    t = np.arange(SAMPLES) / RATE
    base = 110 * 2 ** (genre / 5) * rng.uniform(0.97, 1.03)
    tone = sum(np.sin(2 * np.pi * base * k * t + rng.uniform(0, 6)) / k**1.2 for k in range(1, 9))
    y = tone * np.exp(-rng.uniform(1, 3) * t) + rng.normal(0, 0.02 * (1 + genre % 4), SAMPLES)
    return 0.6 * y / np.abs(y).max()


def side(rng, rows, start, drifted):
    genre = rng.integers(0, 10, rows)
    wrong = rng.random(rows) < 0.15
    predicted = np.where(wrong, rng.integers(0, 10, rows), genre)
    tempo = np.round(rng.normal(118, 18, rows), 3)
    clips = [clip(rng, g) for g in genre]
    if drifted:
        predicted = np.where(rng.random(rows) < 0.1, GENRES.index("metal"), predicted)
        tempo = np.where(rng.random(rows) < 0.5, np.round(tempo), tempo)
        clips = [np.convolve(c, np.ones(6) / 6, "same") for c in clips]
        clips = [np.clip(c * 4, -1, 1) if rng.random() < 0.125 else c for c in clips]
    pcm = [np.round(c * 32767).astype(np.int16).astype(np.float32) / np.float32(32768) for c in clips]
    confidence = np.where(rng.random(rows) < 0.02, np.nan, np.round(rng.beta(8, 2, rows), 4))
    at = [start + datetime.timedelta(minutes=int(m)) for m in np.sort(rng.integers(0, 10080, rows))]
    return pa.table(
        {
            "request_id": [f"{start:%m%d}-{i:05d}" for i in range(rows)],
            "at": pa.array(at, pa.timestamp("ms", "UTC")),
            "genre": [GENRES[g] for g in genre],
            "predicted_genre": [GENRES[g] for g in predicted],
            "confidence": pa.array(confidence, from_pandas=True),
            "tempo": tempo,
            "clip": pa.array([c for c in pcm], pa.list_(pa.float32())),
        }
    )


def main():
    rng = np.random.default_rng(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
    folder = os.path.dirname(os.path.abspath(__file__))
    utc = datetime.timezone.utc
    for name, start, drifted in (
        ("reference", datetime.datetime(2026, 9, 7, tzinfo=utc), False),
        ("current", datetime.datetime(2026, 9, 14, tzinfo=utc), True),
    ):
        table = side(rng, 160, start, drifted)
        pq.write_table(table, os.path.join(folder, f"{name}.parquet"), compression="zstd", compression_level=9,
                       use_dictionary=["genre", "predicted_genre"], column_encoding={"clip.list.element": "BYTE_STREAM_SPLIT"})


main()
