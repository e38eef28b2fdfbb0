"""Servers that tests talk to: processes of their own, on free ports of the loopback interface."""

import base64
import hmac
import importlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from program import HANGS_AFTER_S

# Nothing asks a machine's metadata service for keys, and nothing finds those of whoever runs the tests.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Bucket:
    """A store that can be told to fail: `tests/helpers/bucket.py`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.environment = {**CREDENTIALS, "AWS_ENDPOINT_URL": address}

    def put(self, key: str, content: bytes) -> None:
        self._request("PUT", key, content)

    def get(self, key: str) -> bytes:
        return self._request("GET", key)

    def delete(self, key: str) -> None:
        self._request("DELETE", key)

    def put_tree(self, prefix: str, folder: Path) -> None:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(f"{prefix}/{path.relative_to(folder)}", path.read_bytes())

    def fill(self, prefix: str, suffix: str, n: int, content: bytes) -> None:
        """Put as many equal objects, which are numbered in six digits."""
        self._request("PUT", f"-/fill?prefix={prefix}&suffix={suffix}&n={n}", content)

    def fail(self, **faults: float) -> None:
        """Set all faults anew, and begin to count."""
        names = ("latency", "slow_down", "cut", "reset", "forbidden", "swap")
        query = "&".join(f"{name}={faults.get(name, 0)}" for name in names)
        self._request("PUT", f"-/faults?{query}")

    def stats(self) -> dict[str, int]:
        counts: dict[str, int] = json.loads(self._request("GET", "-/stats"))
        return counts

    def _request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        # Otherwise urllib announces a form, for which moto waits.
        headers = {"Content-Type": "application/octet-stream"}
        request = urllib.request.Request(f"{self.address}/{path}", body, headers, method=method)
        with urllib.request.urlopen(request, timeout=HANGS_AFTER_S) as answer:
            content: bytes = answer.read()
            return content


class MotoBucket(Bucket):
    """A store of moto's, which answers signed requests only."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
        self._client: Any = importlib.import_module("boto3").client("s3", endpoint_url=address, **keys)

    def _request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        bucket, _, key = path.partition("/")
        if method == "PUT":
            self._client.put_object(Bucket=bucket, Key=key, Body=body)
        elif method == "DELETE":
            self._client.delete_object(Bucket=bucket, Key=key)
        else:
            content: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
            return content
        return b""


class AzureBucket(Bucket):
    """A container of Azurite's, named ``bucket``."""

    # Those of every emulator of Azure.
    _ACCOUNT = "devstoreaccount1"
    _KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

    def __init__(self, address: str) -> None:
        super().__init__(f"{address}/{self._ACCOUNT}")
        self.environment = {
            "AZURE_STORAGE_ACCOUNT_NAME": self._ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": self._KEY,
            "AZURE_STORAGE_ENDPOINT": self.address,
        }

    def make_container(self) -> None:
        self._request("PUT", "bucket?restype=container", b"")

    def _request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        path, _, query = path.partition("?")
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
        headers = {"x-ms-blob-type": "BlockBlob", "x-ms-date": date, "x-ms-version": "2021-08-06"}
        kind = "application/octet-stream" if body is not None else ""
        # https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
        lines = [method, "", "", str(len(body)) if body else "", "", kind, *[""] * 6]
        lines += [f"{name}:{value}" for name, value in headers.items()]
        lines += [f"/{self._ACCOUNT}/{self._ACCOUNT}/{path}", *([query.replace("=", ":")] if query else [])]
        signature = hmac.digest(base64.b64decode(self._KEY), "\n".join(lines).encode(), "sha256")
        headers["Authorization"] = f"SharedKey {self._ACCOUNT}:{base64.b64encode(signature).decode()}"
        if kind:
            headers["Content-Type"] = kind
        url = f"{self.address}/{path}{'?' * bool(query)}{query}"
        request = urllib.request.Request(url, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=HANGS_AFTER_S) as answer:
            content: bytes = answer.read()
            return content


@contextmanager
def azurite() -> Iterator[AzureBucket]:
    """Serve Azure's blobs as Azurite has them (``npm install -g azurite``)."""
    port = free_port()
    options = ("--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry")
    command = ["azurite-blob", *options, "--blobPort", str(port)]
    with running(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        bucket = AzureBucket(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + HANGS_AFTER_S
        while True:
            assert process.poll() is None, "azurite ended"
            assert time.monotonic() < deadline, "azurite does not answer"
            try:
                bucket.make_container()
                break
            except urllib.error.HTTPError:
                raise
            except OSError:
                time.sleep(0.2)
        yield bucket


@contextmanager
def running(command: list[str], **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server, and end it by its id."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **more)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()


@contextmanager
def bucket_server() -> Iterator[Bucket]:
    program = Path(__file__).with_name("bucket.py")
    with running([sys.executable, str(program), "0"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield Bucket(process.stdout.readline().decode().strip())


@contextmanager
def moto_server() -> Iterator[MotoBucket]:
    """Serve S3 as moto has it; there is a bucket named ``bucket``."""
    port = free_port()
    environment = {**os.environ, **CREDENTIALS}
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with running(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + HANGS_AFTER_S
        while True:
            assert process.poll() is None, "moto_server ended"
            assert time.monotonic() < deadline, "moto_server does not answer"
            try:
                urllib.request.urlopen(
                    urllib.request.Request(f"{address}/bucket", data=b"", method="PUT"), timeout=HANGS_AFTER_S
                ).close()
                break
            except OSError:
                time.sleep(0.2)
        yield MotoBucket(address)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


class DaskCluster:
    """A scheduler and workers, each a process that works in a folder of its own."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self.start_scheduler()

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        """Start the scheduler, for the first time or again."""
        host, port = self.address.removeprefix("tcp://").split(":")
        return self._start("scheduler", "--host", host, "--port", port)

    def add_worker(self, *wrapper: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker, as the last arguments of a wrapper if there is one, and wait until it can work."""
        number = len(self.workers)
        log = self._folder / f"worker{number}.log"
        scratch = str(self._folder / f"scratch{number}")
        words = ("--host", "127.0.0.1", "--nthreads", "1", "--local-directory", scratch)
        worker = self._start("worker", self.address, *words, log=log, environment=environment, wrapper=wrapper)
        self.workers.append(worker)
        deadline = time.monotonic() + HANGS_AFTER_S
        while "Starting established connection" not in log.read_text():
            assert worker.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        return worker

    def _start(
        self,
        *words: str,
        log: Path | None = None,
        environment: dict[str, str] | None = None,
        wrapper: tuple[str, ...] = (),
    ) -> subprocess.Popen[bytes]:
        command = [*wrapper, sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:], "--no-dashboard"]
        output = self._stack.enter_context(open(log or self._folder / f"{words[0]}.log", "wb"))
        more = {"DASK_DISTRIBUTED__DIAGNOSTICS__NVML": "false", **(environment or {})}
        # In a group of its own, so that a worker and its nanny can be killed together.
        return self._stack.enter_context(
            running(
                command,
                cwd=self._folder,
                env={**os.environ, **more},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        )


@contextmanager
def dask_cluster(folder: Path, n_workers: int) -> Iterator[DaskCluster]:
    with ExitStack() as stack:
        cluster = DaskCluster(stack, folder)
        for _ in range(n_workers):
            cluster.add_worker()
        yield cluster
