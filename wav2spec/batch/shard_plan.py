"""Plan shards: which sources become which tar archive. `wav2spec.batch.shards` makes them."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from wav2spec.batch.jobs import Shard, Unusable
from wav2spec.batch.plan import Item, Plan
from wav2spec.batch.request import Part


class ShardPlan(Plan):
    """A plan in shards; iterated once, by shards or by jobs.

    Parameters
    ----------
    plan : Plan
        Whose targets begin with the pattern.
    pattern : str
        Path with a number such as ``%06d`` in it.
    size : int
        Sources in a shard.
    part : Part, optional
        Of the shards.

    Attributes
    ----------
    n_shards : int, optional
        None if unknown.
    size : int
    """

    def __init__(self, plan: Plan, pattern: str, size: int, part: Part | None = None) -> None:
        self._plan, self._pattern = plan, pattern
        self.size = size
        self._first, self._step = (part.number - 1, part.n_parts) if part else (0, 1)
        self.trees = plan.trees
        self.n_jobs = plan.n_jobs
        self.n_shards = None
        if plan.n_jobs is not None:
            n_all = -(-plan.n_jobs // size)
            self.n_shards = len(range(self._first, n_all, self._step))
            # The last shard may be smaller.
            has_last = self.n_shards > 0 and (n_all - 1 - self._first) % self._step == 0
            self.n_jobs = self.n_shards * size - (n_all * size - plan.n_jobs if has_last else 0)

    @property
    def head(self) -> Iterable[Item]:
        return self._plan.head

    def __iter__(self) -> Iterator[Item]:
        return chain.from_iterable(shard.jobs for shard in self.shards())

    def shards(self) -> Iterator[Shard]:
        return islice(self._all_shards(), self._first, None, self._step)

    def _all_shards(self) -> Iterator[Shard]:
        items, number = iter(self._plan), 0
        while jobs := tuple(islice(items, self.size)):
            target = self._pattern % number
            yield Shard(target, tuple(self._placed(job, target) for job in jobs))
            number += 1

    def _placed(self, job: Item, target: str) -> Item:
        if isinstance(job, Unusable):
            return job
        return job._replace(target=target + job.target.removeprefix(self._pattern))
