"""The number of processors."""

import os


def available_cpus() -> int:
    """Return how many processors this process may use: its affinity, or less by the quota of its container."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        with open("/sys/fs/cgroup/cpu.max") as file:
            quota, period = file.read().split()
        return max(1, min(allowed, round(int(quota) / int(period))))
    except (OSError, ValueError):
        # No such limit.
        return allowed
