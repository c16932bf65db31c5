"""Runs one command and prints what it took, as JSON: seconds, CPU seconds, peak resident KiB and exit code.

    python -I -S measure.py LIMIT_SECONDS STDOUT STDERR COMMAND...

A small process of its own: a child starts with the peak of the process that forks it, which should be next to nothing.
The CPU time is that of all threads and of all children that were waited for; the peak is that of the largest of them.
"""

import json
import os
import signal
import sys
import time

limit, stdout, stderr, *command = sys.argv[1:]
started = time.perf_counter()
child = os.fork()
if child == 0:
    try:
        # If memory runs out, this process shall be the one that is ended.
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
        for path, number in ((stdout, 1), (stderr, 2)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), number)
        os.execvp(command[0], command)
    finally:
        os._exit(127)
signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGKILL))
signal.alarm(int(limit))
_, status, used = os.wait4(child, 0)
wall = time.perf_counter() - started
code = os.waitstatus_to_exitcode(status)
print(json.dumps({"wall_seconds": wall, "cpu_seconds": used.ru_utime + used.ru_stime, "peak_kib": used.ru_maxrss, "code": code}))
