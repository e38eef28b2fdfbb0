"""An existing Dask cluster: the connection to it, and what all of its workers must have before there is work."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from distributed import Client

from wav2spec.console import print_line
from wav2spec.errors import OutputError

# Timeouts: for the connection, and for a first worker until a line is printed (s).
_CONNECT_S, _WORKERS_S = 15, 60


def untyped(value: Any) -> Any:
    """Return a value whose type is not checked: distributed has types in some places and not in others."""
    return value


@dataclass(frozen=True)
class Cluster:
    """An existing cluster.

    Attributes
    ----------
    scheduler : str
        Address, as ``tcp://host:8786``, or path of a scheduler file.
    versions : callable
        Returns the versions that all workers must have, by name. Can be pickled.
    directory : str
        Directory that relative paths refer to.
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
        # Keep its messages off the terminal. Each of its loggers has a level of its own.
        for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        address = {"scheduler_file": self.scheduler} if os.path.isfile(self.scheduler) else {"address": self.scheduler}
        try:
            client: Client = untyped(Client)(**address, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise OutputError(self.scheduler, "no scheduler answers there") from error
        return client


def check_cluster(cluster: Cluster, probe: Callable[[], str]) -> int:
    """Check that all workers have our versions and see our files, and return the number of workers.

    Parameters
    ----------
    cluster : Cluster
    probe : callable
        Runs on a worker, and returns what is missing there, or an empty string. Can be pickled.

    Raises
    ------
    OutputError
        With the address of a worker that cannot be used.
    """
    with cluster.connect() as client:
        _wait_for_workers(client, cluster.scheduler)
        try:
            found = client.run(_misses, cluster.versions, cluster.versions(), cluster.directory, probe)
        except Exception as error:
            raise OutputError(cluster.scheduler, f"a worker cannot be used: {first_line(error)}") from error
    for worker, message in found.items():
        if message:
            raise OutputError(cluster.scheduler, f"worker {worker} {message}")
    return len(found)


def _wait_for_workers(client: Client, scheduler: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_WORKERS_S)
    except TimeoutError:
        print_line(f"wav2spec: the scheduler at {scheduler} has no workers; waiting for the first")
        client.wait_for_workers(1)


def _misses(
    versions: Callable[[], dict[str, str]], expected: dict[str, str], directory: str, probe: Callable[[], str]
) -> str:
    """Return what is missing on this worker."""
    if message := wrong_version(versions(), expected):
        return message
    before = os.getcwd()
    try:
        if os.path.isdir(directory):
            os.chdir(directory)
        return probe()
    finally:
        os.chdir(before)


def wrong_version(found: dict[str, str], expected: dict[str, str]) -> str:
    """Return which of the expected versions a worker does not have; empty if it has all."""
    for name, version in expected.items():
        if found.get(name) != version:
            return f"has {name} {found.get(name)}, not {version}"
    return ""


def first_line(error: BaseException) -> str:
    """Return the first line of the message of an error, or its type."""
    return (str(error) or type(error).__name__).strip().splitlines()[0]
