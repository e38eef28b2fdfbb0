"""An object store in memory that answers late, wrongly or not at all.

``python bucket.py PORT`` serves as much of S3 as GET (Range, If-Match), HEAD, PUT (If-None-Match, If-Match), DELETE,
ListObjectsV2 and multipart uploads need, on loopback, and prints its address. Signatures are not checked.

``PUT /-/faults?slow_down=0.1`` sets what goes wrong, and starts the counting anew; ``GET /-/stats`` tells what was
asked for. Faults are drawn by a seed. ``PUT /-/fill?prefix=b/set/&suffix=.wav&n=1000`` makes many equal objects.
"""

import asyncio
import bisect
import hashlib
import json
import random
import sys
import time
import urllib.parse
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.sax.saxutils import escape

_XML = {"content-type": "application/xml"}


class Stored(NamedTuple):
    content: bytes
    etag: str
    modified: float


@dataclass
class Faults:
    """Seconds and shares of requests. `forbidden` answers 403; `swap` replaces an object after its first GET."""

    latency: float = 0.0
    slow_down: float = 0.0
    cut: float = 0.0
    reset: float = 0.0
    forbidden: float = 0.0
    swap: float = 0.0


@dataclass
class Store:
    objects: dict[str, Stored] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    stats: Counter[str] = field(default_factory=Counter)
    faults: Faults = field(default_factory=Faults)
    dice: random.Random = field(default_factory=lambda: random.Random(0))
    busy: int = 0
    most_busy: int = 0

    # The keys in order, as long as none is added or removed.
    names: list[str] = field(default_factory=list)

    def put(self, key: str, content: bytes, parts: str = "") -> str:
        etag = f'"{hashlib.md5(content).hexdigest()}{parts}"'
        self.objects[key] = Stored(content, etag, time.time())
        self.names.clear()
        return etag

    def fill(self, prefix: str, suffix: str, n: str, content: bytes) -> None:
        first = f"{prefix}{0:06}{suffix}"
        self.put(first, content)
        stored = self.objects[first]
        self.objects.update((f"{prefix}{number:06}{suffix}", stored) for number in range(int(n)))

    def page(self, prefix: str, after: str, size: int) -> tuple[list[str], bool]:
        """Return the next keys that begin with a prefix, and whether there are more."""
        self.names = self.names or sorted(self.objects)
        first = max(bisect.bisect_left(self.names, prefix), bisect.bisect_right(self.names, after))
        page = [name for name in self.names[first : first + size + 1] if name.startswith(prefix)]
        return page[:size], len(page) > size


class Request(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    def __init__(self, store: Store) -> None:
        self.store = store
        self.buffer = bytearray()
        self.queue: asyncio.Queue[Request] = asyncio.Queue()
        self.head: tuple[str, str, dict[str, str]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.task = asyncio.ensure_future(self.answer_requests())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.task.cancel()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            if self.head is None:
                end = self.buffer.find(b"\r\n\r\n")
                if end < 0:
                    return
                first, *lines = bytes(self.buffer[:end]).decode("latin1").split("\r\n")
                del self.buffer[: end + 4]
                method, path, _ = first.split(" ", 2)
                pairs = (line.partition(":") for line in lines)
                self.head = method, path, {name.strip().lower(): value.strip() for name, _, value in pairs}
            length = int(self.head[2].get("content-length", 0))
            if len(self.buffer) < length:
                return
            self.queue.put_nowait(Request(*self.head, bytes(self.buffer[:length])))
            del self.buffer[:length]
            self.head = None

    async def answer_requests(self) -> None:
        store = self.store
        while True:
            request = await self.queue.get()
            if request.path.startswith("/-/"):
                self.control(request)
                continue
            store.busy += 1
            store.most_busy = max(store.most_busy, store.busy)
            store.stats[request.method] += 1
            store.stats["LIST"] += "list-type" in request.path
            try:
                if store.faults.latency:
                    await asyncio.sleep(store.faults.latency)
            finally:
                store.busy -= 1
            self.answer_with_faults(request)

    def answer_with_faults(self, request: Request) -> None:
        store, faults, dice = self.store, self.store.faults, self.store.dice.random()
        for fault in ("slow_down", "reset", "forbidden", "cut"):
            share = getattr(faults, fault)
            if dice < share:
                break
            dice -= share
        else:
            fault = ""
        store.stats[fault or "good"] += 1
        if fault == "slow_down":
            self.error(503, "SlowDown")
        elif fault == "forbidden":
            self.error(403, "AccessDenied")
        elif fault == "reset":
            self.transport.abort()
        else:
            self.handle(request, cut=fault == "cut")

    def control(self, request: Request) -> None:
        store = self.store
        url = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path == "/-/fill":
            store.fill(query["prefix"], query["suffix"], query["n"], request.body)
            self.answer(200)
            return
        for name, value in query.items():
            setattr(store.faults, name, float(value))
        counts = {**store.stats, "most_busy": store.most_busy, "objects": len(store.objects)}
        if request.method == "PUT":
            store.stats.clear()
            store.most_busy = 0
        self.answer(200, json.dumps(counts).encode())

    def error(self, status: int, code: str, *, head: bool = False) -> None:
        self.answer(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode(), _XML, head=head)

    def answer(
        self,
        status: int,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        *,
        head: bool = False,
        cut: bool = False,
    ) -> None:
        fields = {"content-length": str(len(body)), "connection": "keep-alive", **(headers or {})}
        text = f"HTTP/1.1 {status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
        if cut and body and not head:
            self.transport.write(text.encode() + body[: len(body) // 2])
            self.transport.close()
        else:
            self.transport.write(text.encode() + (b"" if head else body))

    def handle(self, request: Request, *, cut: bool) -> None:
        store, (method, path, headers, body) = self.store, request
        url = urllib.parse.urlsplit(path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        key = urllib.parse.unquote(url.path).lstrip("/")
        if method == "GET" and "list-type" in query:
            self.list_objects(key.rstrip("/"), query)
        elif method == "POST" and "uploads" in query:
            number = str(len(store.uploads))
            store.uploads[number] = {}
            name = f"<Bucket>b</Bucket><Key>{escape(key)}</Key><UploadId>{number}</UploadId>"
            self.answer(200, f"<InitiateMultipartUploadResult>{name}</InitiateMultipartUploadResult>".encode())
        elif method == "PUT" and "uploadId" in query:
            store.uploads[query["uploadId"]][int(query["partNumber"])] = body
            self.answer(200, b"", {"etag": f'"{hashlib.md5(body).hexdigest()}"'})
        elif method == "POST" and "uploadId" in query:
            parts = store.uploads.pop(query["uploadId"])
            etag = store.put(key, b"".join(part for _, part in sorted(parts.items())), f"-{len(parts)}")
            name = f"<Bucket>b</Bucket><Key>{escape(key)}</Key><ETag>{etag}</ETag>"
            self.answer(200, f"<CompleteMultipartUploadResult>{name}</CompleteMultipartUploadResult>".encode())
        elif method == "DELETE":
            store.uploads.pop(query.get("uploadId", ""), None)
            store.objects.pop(key, None)
            store.names.clear()
            self.answer(204)
        elif method == "PUT":
            found = store.objects.get(key)
            wanted = headers.get("if-match")
            if (headers.get("if-none-match") == "*" and found) or (wanted and (not found or wanted != found.etag)):
                self.error(412, "PreconditionFailed")
            else:
                self.answer(200, b"", {"etag": store.put(key, body)})
        else:
            self.get(key, headers, head=method == "HEAD", cut=cut)

    def get(self, key: str, headers: dict[str, str], *, head: bool, cut: bool) -> None:
        store = self.store
        found = store.objects.get(key)
        if not found:
            self.error(404, "NoSuchKey", head=head)
            return
        if headers.get("if-match", found.etag) != found.etag:
            self.error(412, "PreconditionFailed", head=head)
            return
        content = found.content
        modified = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(found.modified))
        fields = {"etag": found.etag, "last-modified": modified, "accept-ranges": "bytes"}
        status, wanted = 200, headers.get("range", "").removeprefix("bytes=")
        if wanted:
            first, _, last = wanted.partition("-")
            start = int(first) if first else max(0, len(content) - int(last))
            end = min(int(last) + 1 if first and last else len(content), len(content))
            if start >= len(content):
                self.error(416, "InvalidRange", head=head)
                return
            fields["content-range"] = f"bytes {start}-{end - 1}/{len(content)}"
            status, content = 206, content[start:end]
        store.stats["bytes"] += 0 if head else len(content)
        self.answer(status, content, fields, head=head, cut=cut)
        if store.dice.random() < store.faults.swap:
            store.put(key, bytes(reversed(found.content)))

    def list_objects(self, bucket: str, query: dict[str, str]) -> None:
        prefix = f"{bucket}/{query.get('prefix', '')}"
        after = f"{bucket}/{query.get('continuation-token') or query.get('start-after', '')}"
        page, has_more = self.store.page(prefix, after, int(query.get("max-keys", 1000)))
        rows = []
        for key in page:
            found, name = self.store.objects[key], escape(key[len(bucket) + 1 :])
            modified = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(found.modified))
            rows.append(
                f"<Contents><Key>{name}</Key><Size>{len(found.content)}</Size><ETag>{escape(found.etag)}</ETag>"
                f"<LastModified>{modified}</LastModified></Contents>"
            )
        more = ""
        if has_more:
            more = f"<NextContinuationToken>{escape(page[-1][len(bucket) + 1 :])}</NextContinuationToken>"
        truncated = f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated>"
        answer = f"<ListBucketResult><Name>{bucket}</Name>{truncated}{more}{''.join(rows)}</ListBucketResult>"
        self.answer(200, answer.encode(), _XML)


async def serve(port: int) -> None:
    store = Store()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(store), "127.0.0.1", port, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
