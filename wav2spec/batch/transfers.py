"""Conversions from and to stores: requests go beside the work."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wav2spec.batch.jobs import Job, Shard, Unusable
from wav2spec.batch.outcomes import Failure, Outcome
from wav2spec.storage.names import is_url, split_member
from wav2spec.storage.stores import transfers

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
    max_group : int
        Jobs or shards after which it waits for its puts.
    """

    conversion: Callable[..., Iterable[Outcome]]
    n_requests: int = DEFAULT_REQUESTS
    reads_targets: bool = False
    max_group: int = MAX_GROUP

    def __call__(self, item: Job | Unusable | Shard, **options: Any) -> Iterator[Outcome]:
        return iter(self.conversion(item, **options))

    def begin_group(self, items: Sequence[Job | Unusable | Shard]) -> None:
        """Begin to fetch the sources of a group."""
        paths = (path for item in items for path in self._paths(item))
        ahead = dict.fromkeys(path for path in paths if is_url(path) and not split_member(path))
        transfers(self.n_requests).fetch_ahead(list(ahead))

    def _paths(self, item: Job | Unusable | Shard) -> Iterator[str]:
        if isinstance(item, Shard):
            if self.reads_targets:
                yield item.target
            yield from (job.source for job in item.jobs)
        elif isinstance(item, Job):
            yield item.source
            if self.reads_targets:
                yield item.target

    def end_group(self, results: list[Outcome]) -> list[Outcome]:
        """Wait until all targets are put; what could not be is a failure."""
        failed = transfers(self.n_requests).settle()
        return [self._settled(outcome, failed) for outcome in results] if failed else results

    def _settled(self, outcome: Outcome, failed: dict[str, str]) -> Outcome:
        for url, message in failed.items():
            if outcome.status == "written" and outcome.target and (outcome.target + "/").startswith(url + "/"):
                return replace(outcome, status="failed", summary="", failure=Failure(url, message))
        return outcome
