"""A local process pool behind a pipe, for a process that must not fork and must survive: a worker of a cluster.

``python -m wav2spec.executors.engine N`` reads groups of items from standard input, and writes the results of each
group to standard output. It ends at the end of its input, and so with the process that started it.
"""

import os
import pickle
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import IO, Any

from wav2spec.executors.ordered_map import OrderedMap

# Assumed duration of an item, by which a group is divided among the processes (s).
_ITEM_S = 1.5e-3

_SIZE = struct.Struct("Q")


@dataclass(frozen=True)
class Work:
    """The parts of an `OrderedMap` that are sent to other machines."""

    function: Callable[[Any], Iterable[Any]]
    on_lost: Callable[[Any, str], Any]
    on_skipped: Callable[[Any], Any]
    pack: Callable[[list[Any]], list[Any]] | None = None


class EngineError(Exception):
    """The engine could not be started, or ended."""


class Engine:
    """An engine that this process started.

    Parameters
    ----------
    n_workers : int
        Processes of the engine.
    directory : str
        Its working directory, if that exists.
    """

    def __init__(self, n_workers: int, directory: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", __name__, str(n_workers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=directory if os.path.isdir(directory) else None,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )

    def results(self, work: bytes, items: list[Any]) -> list[Any]:
        """Return the results of a group.

        Raises
        ------
        EngineError
            If it has ended.
        """
        assert self._process.stdin
        assert self._process.stdout
        try:
            _write(self._process.stdin, (work, items))
            answer = _read(self._process.stdout)
        except OSError:
            answer = None
        if answer is None:
            raise EngineError(f"the engine ended with {self._process.wait()}")
        succeeded, value = answer
        if not succeeded:
            raise value
        results: list[Any] = value
        return results

    def close(self) -> None:
        """Wait until it has finished its group, and end it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process.wait()


# The engine of this process, and the run that started it.
_engine: tuple[str, Engine] | None = None
_lock = threading.Lock()


def run_group(run: str, directory: str, n_workers: int, work: bytes, items: list[Any]) -> list[Any]:
    """Return the results of a group, from the engine of this process. Each run starts one."""
    global _engine
    with _lock:
        for attempt in range(2):
            if _engine is None or _engine[0] != run:
                if _engine:
                    _engine[1].close()
                _engine = run, Engine(n_workers, directory)
            try:
                return _engine[1].results(work, items)
            except EngineError:
                _engine = None
                # It was killed from outside: a file that crashes its reader crashes a process of the engine alone.
                if attempt:
                    raise
        raise AssertionError


class _Kept(Executor):
    """An executor that is not shut down after a group."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        return self._executor.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        pass


def serve(n_workers: int, source: IO[bytes], target: IO[bytes]) -> None:
    """Process groups until the end of the input."""
    from wav2spec.executors.sharing import map_parallel, new_executor

    executor: Executor | None = None
    while (call := _read(source)) is not None:
        pickled, items = call
        try:
            work: Work = pickle.loads(pickled)  # noqa: S301 - from the process that started us
            executor = executor or new_executor(n_workers)
            if executor is None:
                raise EngineError("the system refuses processes")
            batch = OrderedMap(
                work.function,
                work.on_lost,
                work.on_skipped,
                cost_s=lambda _: _ITEM_S,
                n_items=len(items),
                pack=work.pack,
            )
            results = list(map_parallel(batch, items, _Kept(executor), n_workers))
            answer: tuple[bool, Any] = True, work.pack(results) if work.pack else results
        except Exception as error:
            answer = False, error
        _write(target, answer)
    if executor:
        executor.shutdown()


def _read(file: IO[bytes]) -> Any:
    head = file.read(_SIZE.size)
    if len(head) < _SIZE.size:
        return None
    (size,) = _SIZE.unpack(head)
    body = file.read(size)
    return pickle.loads(body) if len(body) == size else None  # noqa: S301 - from our own process


def _write(file: IO[bytes], value: Any) -> None:
    body = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    file.write(_SIZE.pack(len(body)))
    file.write(body)
    file.flush()


def main() -> None:
    from wav2spec.process import begin_work, prepare_process

    prepare_process()
    # Output of libraries must not mix with the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    begin_work()
    try:
        serve(int(sys.argv[1]), sys.stdin.buffer, answers)
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(1)


if __name__ == "__main__":
    main()
