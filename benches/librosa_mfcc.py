"""Median seconds that librosa takes for the MFCC of a clip, decoding included: `python librosa_mfcc.py clip.wav`."""

import statistics
import sys
import time

import librosa
import soundfile


def mfcc(path: str):
    samples, rate = soundfile.read(path, dtype="float32")
    return librosa.feature.mfcc(y=samples, sr=rate, n_mfcc=13).mean(axis=1)


def main() -> None:
    path = sys.argv[1]
    mfcc(path)
    took = []
    for _ in range(200):
        before = time.perf_counter()
        mfcc(path)
        took.append(time.perf_counter() - before)
    print(statistics.median(took))


main()
