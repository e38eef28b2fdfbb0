"""An ordered map over the workers of a Dask cluster.

Each worker of the cluster starts an engine, a process that runs local workers: nothing is forked beside the threads of
Dask, and a file that crashes its reader crashes no worker of the cluster. When a worker dies, the scheduler gives its
group to another one.
"""

import pickle
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from typing import Any, TypeVar

from distributed import Client, get_worker
from distributed.comm.core import CommClosedError
from distributed.scheduler import KilledWorker

from wav2spec.console import print_message
from wav2spec.errors import OutputError
from wav2spec.executors.dask_cluster import Cluster, first_line, untyped, wrong_version
from wav2spec.executors.engine import Work, run_group
from wav2spec.executors.local import WorkerLostError
from wav2spec.executors.ordered_map import Item, OrderedMap, Result
from wav2spec.executors.sharing import ExecutorLostError, map_parallel

_Result = TypeVar("_Result")


# Duration of a group (s). The scheduler spends a ms or more on each.
_GROUP_S = 1.0

# A lost scheduler may return within this time (s).
_PATIENCE_S = 30

# Groups for each worker that are submitted ahead.
_GROUPS_AHEAD = 4


def map_on_cluster(
    work: OrderedMap[Item, Result], items: Iterable[Item], n_workers: int, *, cluster: Cluster
) -> Iterator[Result]:
    """Yield the results of all items, in the items' order, from the workers of a cluster.

    If the scheduler is lost, the items without results are skipped. They are never processed locally.
    """
    executor = _ClusterExecutor(cluster, Work(work.function, work.on_lost, work.on_skipped, work.pack))
    window = max(16, _GROUPS_AHEAD * n_workers)
    yield from map_parallel(work, items, executor, n_workers, group_s=_GROUP_S, window=window)


class ForeignWorkerError(Exception):
    """A worker has other versions than the client: its address, and which."""

    def __init__(self, worker: str, message: str) -> None:
        super().__init__(worker, message)
        self.worker = worker
        self.message = message


def _run_on_worker(
    run: str, versions: bytes, expected: dict[str, str], directory: str, work: bytes, items: bytes
) -> list[Any]:
    worker = get_worker()
    # Workers that joined during the run have not been checked before.
    if message := wrong_version(pickle.loads(versions)(), expected):  # noqa: S301 - from our own client
        raise ForeignWorkerError(worker.address, message)
    return run_group(run, directory, worker.state.nthreads, work, pickle.loads(items))  # noqa: S301


class _ClusterExecutor(Executor):
    """Submits groups to the scheduler. The function is part of `work`, which is pickled once."""

    def __init__(self, cluster: Cluster, work: Work) -> None:
        self._cluster = cluster
        self._client = cluster.connect()
        self._work = pickle.dumps(work, pickle.HIGHEST_PROTOCOL)
        self._run = uuid.uuid4().hex
        self._number = 0
        self._expected = cluster.versions()
        self._running: set[_ClusterFuture[Any]] = set()
        self._foreign: set[str] = set()

    def submit(self, fn: Callable[..., _Result], /, *args: Any, **kwargs: Any) -> "Future[_Result]":  # noqa: ARG002
        items: list[Any] = args[-1]
        future: _ClusterFuture[_Result] = _ClusterFuture(self, items)
        self._running.add(future)
        return future

    def send(self, items: list[Any]) -> Any:
        """Give a group to the scheduler, and return the future of Dask."""
        self._number += 1
        return self._client.submit(
            _run_on_worker,
            self._run,
            # As bytes, which the scheduler does not look into.
            pickle.dumps(self._cluster.versions),
            self._expected,
            self._cluster.directory,
            self._work,
            pickle.dumps(items, pickle.HIGHEST_PROTOCOL),
            key=f"wav2spec-{self._run}-{self._number}",
            priority=-self._number,
            pure=False,
            workers=self._usable_workers() if self._foreign else None,
            # If all of these are gone, and others have joined meanwhile.
            allow_other_workers=bool(self._foreign),
        )

    def exclude(self, error: ForeignWorkerError) -> None:
        """Give no more groups to a worker of other versions.

        Raises
        ------
        OutputError
            If there are no other workers.
        """
        message = f"worker {error.worker} {error.message}"
        if error.worker not in self._foreign:
            print_message("warning", f"{self.scheduler}: {message}: it gets no work")
        self._foreign.add(error.worker)
        if not self._usable_workers():
            raise OutputError(self.scheduler, message)

    def _usable_workers(self) -> list[str]:
        return sorted(set(untyped(self._client).nthreads()) - self._foreign)

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
            # Their results are still wanted.
            return
        untyped(self._client).close(timeout=2)


class _ClusterFuture(Future[_Result]):
    """A future that is settled when its result is asked for, in the thread that asks."""

    def __init__(self, executor: _ClusterExecutor, items: list[Any]) -> None:
        super().__init__()
        self._executor = executor
        self._items = items
        self._theirs = executor.send(items)

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
            except (TimeoutError, CommClosedError) as error:
                if isinstance(error, CommClosedError):
                    # It comes at once, and before the client notices that the scheduler is lost.
                    time.sleep(0.1)
                if client.status == "running":
                    gone = None
                    continue
                gone = gone or time.monotonic()
                if client.status == "closed" or time.monotonic() - gone > _PATIENCE_S:
                    raise self._lost() from None
            except KilledWorker as error:
                # A single item is lost. Of several, each is tried again alone.
                message = f"{error.allowed_failures + 1} workers of the cluster ended while they worked on it"
                raise WorkerLostError(message, 0 if len(self._items) == 1 else -1) from None
            except ForeignWorkerError as error:
                self._executor.exclude(error)
                self._theirs = self._executor.send(self._items)
            except CancelledError:
                raise self._lost() from None
            except OutputError:
                raise
            except Exception as error:
                raise OutputError(self._executor.scheduler, f"a worker failed: {first_line(error)}") from error
            else:
                return value

    def _lost(self) -> ExecutorLostError:
        return ExecutorLostError(f"the scheduler at {self._executor.scheduler} is gone")
