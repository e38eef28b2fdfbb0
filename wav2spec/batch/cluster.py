"""Runs on an existing Dask cluster: the versions and files that its workers need."""

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

from wav2spec.batch.jobs import Job
from wav2spec.batch.plan import Plan
from wav2spec.errors import SettingError
from wav2spec.executors.ordered_map import MapExecutor
from wav2spec.storage.names import local_file
from wav2spec.storage.streams import STREAM


def versions() -> dict[str, str]:
    """Return the versions that all workers must share to write the same bytes."""
    # Imported here so that only runs on a cluster pay for it.
    from importlib.metadata import version

    from wav2spec.render.metadata import ANALYSIS_VERSION

    return {
        "wav2spec": version("wav2spec"),
        "analysis version": str(ANALYSIS_VERSION),
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "NumPy": ".".join(version("numpy").split(".")[:2]),
    }


@dataclass(frozen=True)
class Probe:
    """Checks, on a worker, that the files of the client exist there.

    Attributes
    ----------
    token : str
        Path of a file that the client created in the folder of the targets; empty if they go to a store.
    source : str
        Path of the first source; empty if it is in a store.
    """

    token: str
    source: str

    def __call__(self) -> str:
        """Return what is missing, or an empty string."""
        if self.token and not os.path.exists(self.token):
            return f"does not see {os.path.abspath(os.path.dirname(self.token) or '.')}, where targets go"
        if self.source and not os.path.exists(self.source):
            return f"does not see {os.path.abspath(self.source)}"
        return ""


def check_scheduler(plan: Plan) -> None:
    """Check that a plan can run on a cluster.

    Raises
    ------
    SettingError
        If Dask is not installed, or a source or target is a standard stream.
    """
    if find_spec("distributed") is None:
        raise SettingError("scheduler", "needs Dask: pip install 'wav2spec[dask]'")
    if any(STREAM in (job.source, job.target) for job in _jobs(plan)):
        raise SettingError("scheduler", "standard streams are not there on other machines")


def _jobs(plan: Plan) -> Iterator[Job]:
    return (item for item in plan.head if isinstance(item, Job))


def cluster_executor(scheduler: str, plan: Plan) -> tuple[MapExecutor, int]:
    """Return the executor of a cluster, and the number of its workers.

    Raises
    ------
    OutputError
        If the cluster cannot be used.
    """
    from wav2spec.executors.dask import map_on_cluster
    from wav2spec.executors.dask_cluster import Cluster, check_cluster

    cluster = Cluster(scheduler, versions, os.getcwd())
    source, target = next(((job.source, job.target) for job in _jobs(plan)), ("", ""))
    token = ""
    if target := local_file(target):
        folder = os.path.dirname(target)
        while folder and not os.path.isdir(folder):
            folder = os.path.dirname(folder)
        token = os.path.join(folder, f".wav2spec-probe-{os.urandom(6).hex()}")
        open(token, "x").close()
    try:
        n_workers = check_cluster(cluster, Probe(token, local_file(source)))
    finally:
        if token:
            os.unlink(token)
    return partial(map_on_cluster, cluster=cluster), n_workers
