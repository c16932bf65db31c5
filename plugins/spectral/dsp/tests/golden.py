"""Golden spectral features, computed with librosa on clips that golden.rs makes anew by the same formulas.

Usage: python golden.py OUT.json
Needs: numpy, librosa.

Layout of the file
  librosa   the version
  clips     list of {name, signal, sample_rate, length, params, frames, mean, mean_float64}
            `signal` is a formula, see `samples`; its values are rounded to float32. `params` are the arguments given to
            librosa.feature.*. `mean` has the mean over the frames of each feature of the float32 samples, as librosa's
            users get it; `mean_float64` the same of the same samples in float64, where librosa computes in float64.
Printed is what float32 costs: the largest relative difference of each feature's means. A roll-off frequency jumps from
bin to bin, so clips with a frame where rounding decides between two bins are refused.
"""
import json
import sys
import warnings

import librosa
import numpy as np

warnings.filterwarnings("ignore", message="n_fft=.* is too large for input signal")

DEFAULTS = {"n_fft": 2048, "hop_length": 512, "roll_percent": 0.85}
CLIPS = [
    ("sine", {"kind": "tones", "tones": [[440.0, 0.5]]}, 22050, 8192, {}),
    ("two_sines", {"kind": "tones", "tones": [[440.0, 0.4], [3150.5, 0.2]]}, 22050, 7000, {}),
    ("chirp", {"kind": "chirp", "from": 100.0, "to": 8000.0}, 22050, 10000, {}),
    ("noise", {"kind": "noise", "amplitude": 0.8}, 22050, 9001, {}),
    ("square", {"kind": "square", "frequency": 220}, 22050, 6000, {}),
    ("silence", {"kind": "constant", "value": 0.0}, 22050, 5000, {}),
    ("impulse", {"kind": "impulse", "at": 3000}, 22050, 6000, {}),
    ("below_zero", {"kind": "constant", "value": -0.25}, 22050, 4000, {}),
    ("quiet_before_loud", {"kind": "onset", "at": 3100, "before": 1e-9, "after": 0.9}, 22050, 6500, {}),
    ("silent_before_loud", {"kind": "onset", "at": 3100, "before": 0.0, "after": 0.9}, 22050, 6500, {}),
    ("one_sample", {"kind": "constant", "value": 0.25}, 22050, 1, {}),
    ("shorter_than_a_frame", {"kind": "tones", "tones": [[700.0, 0.9]]}, 22050, 700, {}),
    ("as_long_as_a_frame", {"kind": "noise", "amplitude": 0.3}, 22050, 2048, {}),
    ("frame_of_1000", {"kind": "chirp", "from": 4000.0, "to": 50.0}, 16000, 6000, {"n_fft": 1000, "hop_length": 250}),
    ("odd_frame", {"kind": "noise", "amplitude": 1.0}, 16000, 5003, {"n_fft": 625, "hop_length": 199}),
    ("short_frame", {"kind": "tones", "tones": [[950.0, 0.7]]}, 8000, 4000, {"n_fft": 400, "hop_length": 160}),
    ("hop_beyond_the_frame", {"kind": "noise", "amplitude": 0.5}, 16000, 8000, {"n_fft": 512, "hop_length": 700}),
    ("roll_percent_0.5", {"kind": "noise", "amplitude": 0.5}, 22050, 6000, {"roll_percent": 0.5}),
    ("roll_percent_0.99", {"kind": "square", "frequency": 330}, 22050, 6000, {"roll_percent": 0.99}),
    ("8_kHz", {"kind": "chirp", "from": 200.0, "to": 3900.0}, 8000, 8000, {}),
    ("44.1_kHz", {"kind": "tones", "tones": [[261.6, 0.5], [12000.0, 0.25]]}, 44100, 12000, {}),
]


def noise(length):
    """Uniform on [-1, 1): the upper 24 bits of a linear congruential generator."""
    state, values = 1, []
    for _ in range(length):
        state = (state * 6364136223846793005 + 1) % 2**64
        values.append((state >> 40) / 2**23 - 1)
    return np.array(values)


def samples(signal, rate, length):
    """The samples of a formula. golden.rs takes the same steps, so that only `sin` may differ in its last bit."""
    i = np.arange(length)
    kind = signal["kind"]
    if kind == "tones":
        y = sum(amplitude * np.sin(2 * np.pi * frequency * i / rate) for frequency, amplitude in signal["tones"])
    elif kind == "chirp":
        t, low, high = i / rate, signal["from"], signal["to"]
        y = 0.5 * np.sin(2 * np.pi * (low * t + (high - low) * t * t / (2 * (length / rate))))
    elif kind == "noise":
        y = signal["amplitude"] * noise(length)
    elif kind == "onset":
        y = np.where(i < signal["at"], signal["before"], signal["after"]) * noise(length)
    elif kind == "square":
        y = np.where(2 * signal["frequency"] * i // rate % 2 == 0, 0.5, -0.5)
    elif kind == "impulse":
        y = np.where(i == signal["at"], 1.0, 0.0)
    elif kind == "constant":
        y = np.full(length, signal["value"])
    return y.astype(np.float32)


def features(y, rate, n_fft, hop_length, roll_percent):
    """The features of each frame, in the type of `y`."""
    of_frames = {"frame_length": n_fft, "hop_length": hop_length}
    of_spectra = {"y": y, "n_fft": n_fft, "hop_length": hop_length}
    return {
        "spectral_centroid": librosa.feature.spectral_centroid(sr=rate, **of_spectra)[0],
        "spectral_rolloff": librosa.feature.spectral_rolloff(sr=rate, roll_percent=roll_percent, **of_spectra)[0],
        "spectral_flatness": librosa.feature.spectral_flatness(**of_spectra)[0],
        "spectral_bandwidth": librosa.feature.spectral_bandwidth(sr=rate, **of_spectra)[0],
        "zero_crossing_rate": librosa.feature.zero_crossing_rate(y, **of_frames)[0],
        "rms": librosa.feature.rms(y=y, dtype=y.dtype, **of_frames)[0],
    }


def rolloff_margin(y, n_fft, hop_length, roll_percent):
    """How far, as a share of the whole, the nearest running total is from the roll-off's threshold."""
    running = np.cumsum(np.abs(librosa.stft(y.astype(float), n_fft=n_fft, hop_length=hop_length)), axis=0)
    running = running[:, running[-1] > 0]
    return np.abs(running / running[-1:] - roll_percent).min(initial=1.0)


def means(values):
    return {name: float(np.mean(value.astype(float))) for name, value in values.items()}


def main(out):
    clips, differences, margin = [], {}, 1.0
    for name, signal, rate, length, changed in CLIPS:
        params = {**DEFAULTS, **changed}
        y = samples(signal, rate, length)
        single, double = features(y, rate, **params), features(y.astype(float), rate, **params)
        margin = min(margin, rolloff_margin(y, **params))
        clips.append({"name": name, "signal": signal, "sample_rate": rate, "length": length, "params": params,
                      "frames": len(single["rms"]), "mean": means(single), "mean_float64": means(double)})
        for feature, exact in clips[-1]["mean_float64"].items():
            difference = abs(clips[-1]["mean"][feature] - exact) / (exact or 1.0)
            differences[feature] = max(differences.get(feature, (0.0, "")), (difference, name))
    for feature, (difference, name) in differences.items():
        print(f"{feature:20} float32 is off by {difference:.1e} {name}")
    print(f"roll-off: the nearest running total is {margin:.1e} away from the threshold")
    assert margin > 1e-7 and not differences["spectral_rolloff"][0], "a roll-off hangs on rounding: choose another clip"
    with open(out, "w") as f:
        json.dump({"librosa": librosa.__version__, "clips": clips}, f, indent=1)
        f.write("\n")
    print(len(clips), "clips")


if __name__ == "__main__":
    main(sys.argv[1])
