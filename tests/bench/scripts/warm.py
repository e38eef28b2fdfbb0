"""Keeps a work ready: N_CORES MODULE WORD... Does it for each line of standard input, and prints ms it took."""

import importlib
import os
import sys
import time

n_cores, module, *words = sys.argv[1:]
if n_cores != "all" and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(n_cores)])
work = importlib.import_module(module).prepare(*words)
for _ in sys.stdin:
    start = time.perf_counter()
    work()
    print((time.perf_counter() - start) * 1e3, flush=True)
