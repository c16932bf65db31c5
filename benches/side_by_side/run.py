"""Runs Driftline beside other programs over the same data, one process at a time, and compares their numbers.

    python run.py --workloads a,b --rivals duckdb_job,polars_job --out results.json

Prints one Markdown table and the comparison. Exit code: 0, 1 if numbers disagree, 2 if a program failed. README.md
tells what is measured.
"""

import argparse
import functools
import json
import os
import platform
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import compare
import job

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
CACHE = Path.home() / ".cache" / "driftline"
RIVALS = list(compare.READERS)
LIMIT = "limit"
OURS = "driftline"
SINGLE = "driftline, 1 core"
# What takes longer than this is run once.
SLOW_SECONDS = 60


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = lambda text: [name for name in text.split(",") if name]
    parser.add_argument("--workloads", type=names, default=["a", "b", "c"], help="of a, b, c and d (default a,b,c)")
    parser.add_argument("--rivals", type=names, default=RIVALS + [LIMIT], help=f"of {','.join(RIVALS + [LIMIT])} (default all)")
    parser.add_argument("--data", type=Path, default=CACHE / "side_by_side", help="folder of the Parquet files, and of what the programs write")
    parser.add_argument("--venvs", type=Path, default=CACHE / "rivals", help="folder of one virtual environment a rival, made where missing")
    parser.add_argument("--driftline", default=str(TARGET / "release" / "driftline"), help="the binary")
    parser.add_argument("--memory", help="[run] memory of Driftline's job, such as 1GiB; its default unless given")
    parser.add_argument("--repeat", type=int, default=3, help=f"runs of what takes at most {SLOW_SECONDS} s; the fastest counts (default 3)")
    parser.add_argument("--timeout", type=int, default=3600, help="seconds after which a program is ended (default 3600)")
    parser.add_argument("--out", type=Path, help="JSON file for the results")
    given = parser.parse_args()
    unknown = [name for name in given.rivals if name not in RIVALS + [LIMIT]]
    if unknown:
        parser.error(f"no rival {', '.join(unknown)}; there are {', '.join(RIVALS + [LIMIT])}")
    if not set(given.workloads) <= set("abcd"):
        parser.error("the workloads are a, b, c and d")
    binary = shutil.which(given.driftline)
    if binary is None:
        parser.error(f"no program {given.driftline}: `cargo build --release`, or name one with --driftline")
    # Programs are run in other folders.
    given.driftline = str(Path(binary).resolve())
    given.data, given.venvs = given.data.resolve(), given.venvs.resolve()
    return given


def say(text):
    print(text, file=sys.stderr, flush=True)


def python_of(rival, venvs):
    """The Python of a rival's virtual environment, which is made where missing."""
    python = venvs / rival / "bin" / "python"
    done = venvs / rival / "requirements.txt"
    wanted = (HERE / "requirements" / f"{rival}.txt").read_text()
    if not done.exists() or done.read_text() != wanted:
        say(f"installing {rival}")
        venv.create(venvs / rival, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--requirement", HERE / "requirements" / f"{rival}.txt"], check=True)
        # Last, so that an installation that was broken off is done again.
        done.write_text(wanted)
    return python


@functools.cache
def workloads_binary():
    """The program that makes the data and that is the limit, built by Cargo."""
    say("building benches/workloads.rs")
    command = ["cargo", "bench", "--bench", "workloads", "--no-run", "--message-format", "json"]
    lines = subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    artifacts = [message for message in map(json.loads, lines) if message["reason"] == "compiler-artifact"]
    return next(a["executable"] for a in artifacts if a["target"]["name"] == "workloads" and a["executable"])


def files_of(workload, data):
    """Both files, made where one is missing, and read once so that they are in the page cache."""
    data.mkdir(parents=True, exist_ok=True)
    files = [data / f"{workload}_{side}.parquet" for side in compare.SIDES]
    if not all(file.exists() for file in files):
        say(f"making the data of {workload}")
        subprocess.run([workloads_binary(), "generate", workload, str(data)], check=True)
    for file in files:
        with open(file, "rb") as f:
            while f.read(1 << 22):
                pass
    return files


def measure(command, stdout, allowed, given):
    """The fastest run of `command`, as `measure.py` says; `error` is set if it failed."""
    best = None
    stderr = stdout.with_suffix(".log")
    measured = [sys.executable, "-I", "-S", HERE / "measure.py", str(given.timeout), stdout, stderr, *command]
    for _ in range(max(given.repeat, 1)):
        result = json.loads(subprocess.run(measured, check=True, stdout=subprocess.PIPE, text=True, cwd=stdout.parent).stdout)
        if result["code"] not in allowed:
            return result | {"error": reason(result, given.timeout, stderr)}
        if best is None or result["wall_seconds"] < best["wall_seconds"]:
            best = result
        if result["wall_seconds"] > SLOW_SECONDS:
            break
    return best


def reason(result, timeout, stderr):
    if result["code"] >= 0:
        lines = stderr.read_text(errors="replace").strip().splitlines()
        return f"exit code {result['code']}: {lines[-1][:200] if lines else ''}"
    if result["wall_seconds"] >= timeout:
        return f"not done after {timeout} s"
    return f"killed by signal {-result['code']} after {result['wall_seconds']:.0f} s, {result['peak_kib'] >> 10} MiB"


def run_workload(workload, given, pythons):
    """Results by program, and comparisons by rival."""
    files = files_of(workload, given.data)
    folder = given.data / "outputs" / workload
    folder.mkdir(parents=True, exist_ok=True)

    def ours(name, sides):
        spec = folder / f"{name}.toml"
        spec.write_text(job.spec(*sides, given.memory))
        return [given.driftline, "run", spec, "--output", "json"]

    # Name, command, the file for its standard output, exit codes that are no failure.
    programs = [(OURS, ours("driftline", files), folder / "driftline.json", (0, 1))]
    programs += [(SINGLE, ["taskset", "-c", "0", *ours("driftline_single", files)], folder / "driftline_single.json", (0, 1))]
    for rival in given.rivals:
        if rival == LIMIT:
            command = [workloads_binary(), "limit", *files]
        else:
            command = [pythons[rival], HERE / "rivals" / f"{rival}.py", *files, folder / f"{rival}.json"]
            # A result of an earlier run is not one of this.
            (folder / f"{rival}.json").unlink(missing_ok=True)
        programs.append((rival, command, folder / f"{rival}.txt", (0,)))
    results = {}
    for name, command, stdout, allowed in programs:
        say(f"running {name} on {workload}")
        results[name] = measure(command, stdout, allowed, given)
        say("  " + results[name].get("error", f"{results[name]['wall_seconds']:.3f} s"))
    if "error" in results[OURS]:
        return results, {}

    # What nobody measures: the other way round, for the reference's numbers.
    swapped = folder / "driftline_swapped.json"
    with open(swapped, "w") as file:
        code = subprocess.run(ours("driftline_swapped", files[::-1]), stdout=file).returncode
    if code not in (0, 1):
        results["driftline, sides swapped"] = {"error": f"exit code {code}"}
        return results, {}
    numbers = compare.driftline(folder / "driftline.json", swapped)
    comparisons = {}
    for rival in given.rivals:
        if rival != LIMIT and "error" not in results[rival]:
            comparisons[rival] = compare.compare(rival, numbers, folder / f"{rival}.json")
    # Threads must not change a number.
    if "error" not in results[SINGLE] and not compare.same_outcome(folder / "driftline.json", folder / "driftline_single.json"):
        comparisons[SINGLE] = compare.Comparison({}, [("outcome", None, "whole", "driftline.json", "driftline_single.json")], [])
    return results, comparisons


def table(results):
    yield "| workload | program | wall s | CPU s | peak MiB | wall / ours | CPU / ours | peak / ours |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|"
    keys = ("wall_seconds", "cpu_seconds", "peak_kib")
    for workload, programs in results.items():
        ours = programs[OURS]
        for name, result in programs.items():
            if "error" in result:
                yield f"| {workload} | {name} | {result['error'].replace('|', ' ')} | | | | | |"
                continue
            ratios = [""] * 3 if "error" in ours else [f"{result[key] / ours[key]:.2f}" if ours[key] else "" for key in keys]
            numbers = [f"{result['wall_seconds']:.3f}", f"{result['cpu_seconds']:.3f}", f"{result['peak_kib'] / 1024:.0f}"]
            yield f"| {workload} | {name} | {' | '.join(numbers + ratios)} |"


def report(workload, rival, comparison):
    """What agreed, what not, and what was not compared."""
    agreed = sum(comparison.agreed.values())
    by_statistic = ", ".join(f"{n} {statistic}" for statistic, n in comparison.agreed.items())
    yield f"{workload}, {rival}: {agreed} of {agreed + len(comparison.disagreed)} numbers agree ({by_statistic})"
    for *key, ours, theirs in comparison.disagreed:
        yield f"  DISAGREES: {compare.show(key)}: driftline {ours!r}, {rival} {theirs!r}"
    if comparison.theirs_alone:
        yield f"  not compared, since Driftline's job has no such number: {', '.join(map(compare.show, comparison.theirs_alone))}"


def main():
    given = arguments()
    pythons = {rival: python_of(rival, given.venvs) for rival in given.rivals if rival != LIMIT}
    results, comparisons = {}, {}
    for workload in given.workloads:
        results[workload], comparisons[workload] = run_workload(workload, given, pythons)
    version = subprocess.run([given.driftline, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    machine = f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}"
    print(f"{version}; {machine}; best of {given.repeat}, or one run of more than {SLOW_SECONDS} s\n")
    print(*table(results), "", sep="\n")
    for workload, by_program in comparisons.items():
        for program, comparison in by_program.items():
            print(*report(workload, program, comparison), sep="\n")
    if given.out:
        requirements = {rival: (HERE / "requirements" / f"{rival}.txt").read_text().split() for rival in pythons}
        written = {"driftline": version, "machine": machine, "requirements": requirements, "results": results}
        written["comparisons"] = {w: {p: vars(c) for p, c in by_program.items()} for w, by_program in comparisons.items()}
        given.out.write_text(json.dumps(written, indent=2) + "\n")
    if any(c.disagreed for by_program in comparisons.values() for c in by_program.values()):
        return 1
    return 2 if any("error" in result for programs in results.values() for result in programs.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
