"""An ordered map over the workers of a Dask cluster.

Each worker of the cluster has an engine: a process that runs local workers, so that nothing is forked beside Dask's
threads, and a file that kills its reader kills no worker of the cluster. The scheduler itself repeats what a worker was
doing when it died.
"""

import logging
import os
import pickle
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass
from typing import Any, TypeVar

from distributed import Client, get_worker
from distributed.scheduler import KilledWorker

from wav2spec.console import print_line
from wav2spec.errors import OutputError
from wav2spec.executors.engine import Work, run_group
from wav2spec.executors.local import WorkerLostError
from wav2spec.executors.ordered_map import Item, OrderedMap, Result
from wav2spec.executors.sharing import ExecutorLostError, map_parallel

_Result = TypeVar("_Result")


# distributed has types in some places and not in others.
def _untyped(value: Any) -> Any:
    return value


# A group takes about so long (s): the scheduler spends a ms or more on each.
_GROUP_S = 1.0

# How long is waited for a scheduler to answer, for one that is gone to come back, and for a first worker before that
# is said (s).
_CONNECT_S, _PATIENCE_S, _WORKERS_S = 15, 30, 60

# Groups for each worker that wait at the scheduler.
_GROUPS_AHEAD = 4


@dataclass(frozen=True)
class Cluster:
    """An existing cluster.

    Attributes
    ----------
    scheduler : str
        Address, as ``tcp://host:8786``, or path of a scheduler file.
    versions : callable
        Returns what must be the same everywhere, by name. Can be pickled.
    directory : str
        To which relative paths refer.
    """

    scheduler: str
    versions: Callable[[], dict[str, str]]
    directory: str

    def connect(self) -> Client:
        """Return a client.

        Raises
        ------
        OutputError
            If no scheduler answers.
        """
        # Its lines are not ours; each of its loggers has a level of its own.
        for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        address = {"scheduler_file": self.scheduler} if os.path.isfile(self.scheduler) else {"address": self.scheduler}
        try:
            client: Client = _untyped(Client)(**address, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise OutputError(self.scheduler, "no scheduler answers there") from error
        return client


def check_cluster(cluster: Cluster, probe: Callable[[], str]) -> int:
    """Check on all workers that they are of our version, and see our files; return how many there are.

    Parameters
    ----------
    cluster : Cluster
    probe : callable
        Returns what a worker misses, empty if nothing. Can be pickled.

    Raises
    ------
    OutputError
        If one does not, with its address.
    """
    with cluster.connect() as client:
        _wait_for_workers(client, cluster.scheduler)
        try:
            found = client.run(_misses, cluster.versions, cluster.versions(), cluster.directory, probe)
        except Exception as error:
            raise OutputError(cluster.scheduler, f"a worker cannot be used: {_first_line(error)}") from error
    for worker, message in found.items():
        if message:
            raise OutputError(cluster.scheduler, f"worker {worker} {message}")
    return len(found)


def _wait_for_workers(client: Client, scheduler: str) -> None:
    said = False
    while True:
        try:
            client.wait_for_workers(1, timeout=_WORKERS_S)
        except TimeoutError:
            if not said:
                print_line(f"wav2spec: the scheduler at {scheduler} has no workers; waiting for the first")
            said = True
        else:
            return


def _misses(
    versions: Callable[[], dict[str, str]], expected: dict[str, str], directory: str, probe: Callable[[], str]
) -> str:
    """Return what a worker misses."""
    if message := _wrong_version(versions(), expected):
        return message
    before = os.getcwd()
    try:
        if os.path.isdir(directory):
            os.chdir(directory)
        return probe()
    finally:
        os.chdir(before)


def _wrong_version(found: dict[str, str], expected: dict[str, str]) -> str:
    for name, version in expected.items():
        if found.get(name) != version:
            return f"has {name} {found.get(name)}, not {version}"
    return ""


def map_on_cluster(
    work: OrderedMap[Item, Result], items: Iterable[Item], n_workers: int, *, cluster: Cluster
) -> Iterator[Result]:
    """Yield the results of all items, in the items' order, worked on by the workers of a cluster.

    If the scheduler is gone, what it has not answered is skipped, and never worked on here.
    """
    executor = _ClusterExecutor(cluster, Work(work.function, work.on_lost, work.on_skipped, work.pack))
    window = max(16, _GROUPS_AHEAD * n_workers)
    yield from map_parallel(work, items, executor, n_workers, group_s=_GROUP_S, window=window)


def _run_on_worker(
    run: str, scheduler: str, versions: bytes, expected: dict[str, str], directory: str, work: bytes, items: bytes
) -> list[Any]:
    worker = get_worker()
    # Workers that came late have not been checked.
    if message := _wrong_version(pickle.loads(versions)(), expected):  # noqa: S301 - from our own client
        raise OutputError(scheduler, f"worker {worker.address} {message}")
    return run_group(run, directory, worker.state.nthreads, work, pickle.loads(items))  # noqa: S301


class _ClusterExecutor(Executor):
    """Gives groups to the scheduler; what is submitted beside the group is part of the work that travels once."""

    def __init__(self, cluster: Cluster, work: Work) -> None:
        self._cluster = cluster
        self._client = cluster.connect()
        self._work = pickle.dumps(work, pickle.HIGHEST_PROTOCOL)
        self._run = uuid.uuid4().hex
        self._number = 0
        self._expected = cluster.versions()
        self._running: set[_ClusterFuture[Any]] = set()

    def submit(self, fn: Callable[..., _Result], /, *args: Any, **kwargs: Any) -> "Future[_Result]":  # noqa: ARG002
        items: list[Any] = args[-1]
        self._number += 1
        theirs = self._client.submit(
            _run_on_worker,
            self._run,
            self._cluster.scheduler,
            # As bytes, which the scheduler does not look into.
            pickle.dumps(self._cluster.versions),
            self._expected,
            self._cluster.directory,
            self._work,
            pickle.dumps(items, pickle.HIGHEST_PROTOCOL),
            key=f"wav2spec-{self._run}-{self._number}",
            priority=-self._number,
            pure=False,
        )
        future: _ClusterFuture[_Result] = _ClusterFuture(self, theirs, len(items))
        self._running.add(future)
        return future

    def forget(self, future: "_ClusterFuture[Any]") -> None:
        self._running.discard(future)

    @property
    def client(self) -> Client:
        return self._client

    @property
    def scheduler(self) -> str:
        return self._cluster.scheduler

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if cancel_futures:
            for future in list(self._running):
                future.give_up()
        if wait and self._running:
            # Their results are still asked for.
            return
        _untyped(self._client).close(timeout=2)


class _ClusterFuture(Future[_Result]):
    """A future that is settled where its result is asked for, in the thread that asks."""

    def __init__(self, executor: _ClusterExecutor, theirs: Any, n_items: int) -> None:
        super().__init__()
        self._executor = executor
        self._theirs = theirs
        self._n_items = n_items

    def give_up(self) -> None:
        """Cancel it if it has not been done."""
        if self._theirs.status == "pending" and not self.done():
            self._theirs.cancel()
            self.cancel()
            self._executor.forget(self)

    def result(self, timeout: float | None = None) -> _Result:  # noqa: ARG002
        if not self.done():
            try:
                self.set_result(self._awaited())
            except Exception as error:
                self.set_exception(error)
            self._executor.forget(self)
            self._theirs.release()
        return super().result(0)

    def _awaited(self) -> _Result:
        client = self._executor.client
        gone: float | None = None
        while True:
            try:
                value: _Result = self._theirs.result(timeout=1)
            except TimeoutError:
                if client.status == "running":
                    gone = None
                    continue
                gone = gone or time.monotonic()
                if client.status == "closed" or time.monotonic() - gone > _PATIENCE_S:
                    raise self._lost() from None
            except KilledWorker as error:
                # A single item is lost; of several, each is tried alone.
                message = f"{error.allowed_failures + 1} workers of the cluster ended while they worked on it"
                raise WorkerLostError(message, 0 if self._n_items == 1 else -1) from None
            except CancelledError:
                raise self._lost() from None
            except OutputError:
                raise
            except Exception as error:
                raise OutputError(self._executor.scheduler, f"a worker failed: {_first_line(error)}") from error
            else:
                return value

    def _lost(self) -> ExecutorLostError:
        return ExecutorLostError(f"the scheduler at {self._executor.scheduler} is gone")


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0]
