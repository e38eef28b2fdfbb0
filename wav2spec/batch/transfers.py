"""Conversions from and to stores: requests go beside the work."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wav2spec.batch.facts import NO_FACTS
from wav2spec.batch.jobs import Job, Shard, Unusable
from wav2spec.batch.outcomes import Failure, Outcome
from wav2spec.settings.formats import FORMATS
from wav2spec.storage.transfers import Put, transfers

# Requests of a process that are under way: at 30 ms each, and 1.5 ms of work, they keep it busy.
DEFAULT_REQUESTS = 32

# Jobs of which the requests overlap.
MAX_GROUP = 128


@dataclass(frozen=True)
class Transfer:
    """A conversion whose sources are fetched ahead, and whose outcomes are told when their targets are put.

    Attributes
    ----------
    conversion : callable
        Yields the outcomes of a job or a shard.
    n_requests : int
        That may be under way at once.
    reads_targets : bool
        Whether targets are looked at, and so fetched too.
    reads_pixels : bool
        Whether they are fetched whole, and not the ends of pictures alone.
    max_group : int
        Jobs or shards after which it waits for its puts.
    """

    conversion: Callable[..., Iterable[Outcome]]
    n_requests: int = DEFAULT_REQUESTS
    reads_targets: bool = False
    reads_pixels: bool = False
    max_group: int = MAX_GROUP

    def __call__(self, item: Job | Unusable | Shard, **options: Any) -> Iterator[Outcome]:
        return iter(self.conversion(item, **options))

    def begin_group(self, items: Sequence[Job | Unusable | Shard]) -> None:
        """Begin to fetch the sources of a group."""
        paths = dict(part for item in items for part in self._paths(item))
        transfers(self.n_requests).fetch_ahead(paths.items())

    def _paths(self, item: Job | Unusable | Shard) -> Iterator[tuple[str, bool]]:
        """Yield the paths that will be read, and whether the end alone may do."""
        if isinstance(item, Shard):
            if self.reads_targets:
                yield item.target, False
            yield from ((job.source, False) for job in item.jobs)
        elif isinstance(item, Job):
            yield item.source, False
            if self.reads_targets:
                yield item.target, FORMATS[item.format].holds_pixels and not self.reads_pixels

    def end_group(self, results: list[Outcome]) -> list[Outcome]:
        """Wait until all targets are put. A picture whose target could not be put failed; others get its version."""
        puts = transfers(self.n_requests).settle()
        return [_settled(outcome, puts) for outcome in results] if puts else results


def _settled(outcome: Outcome, puts: dict[str, Put]) -> Outcome:
    if outcome.status != "written" or not outcome.target:
        return outcome
    url = outcome.target if outcome.target in puts else _shard_of(outcome.target, puts)
    if url is None:
        return outcome
    if error := puts[url].error:
        return replace(outcome, status="failed", summary="", failure=Failure(url, error))
    if outcome.facts is NO_FACTS:
        return outcome
    return replace(outcome, facts=outcome.facts._replace(target_id=puts[url].version or None))


def _shard_of(target: str, urls: Iterable[str]) -> str | None:
    return next((url for url in urls if target.startswith(f"{url}/")), None)
