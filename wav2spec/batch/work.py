"""The work of a run: items, what is done with each, and the workers that share it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from wav2spec.batch.jobs import Job, Shard, Unusable
from wav2spec.batch.outcomes import Outcome, lost, skipped
from wav2spec.batch.plan import Item, Plan
from wav2spec.batch.request import Sources
from wav2spec.executors.cpus import available_cpus
from wav2spec.executors.ordered_map import MapExecutor, OrderedMap
from wav2spec.executors.run import map_in_order
from wav2spec.settings.pictures import Figure
from wav2spec.settings.settings import Settings
from wav2spec.storage.names import is_in_stream
from wav2spec.storage.streams import STREAM
from wav2spec.storage.targets import remove_abandoned

# Time of a short file's image and figure, and of each byte of a long one; and the least work that is worth starting
# processes for (s).
_IMAGE_S, _FIGURE_S, _BYTE_S = 1.5e-3, 0.1, 4e-9
_WORTH_SHARING_S = 0.1

# What is given to a worker. An outcome needs no work: `wav2spec.batch.since` knows it.
WorkItem = Item | Shard | Outcome


class Progress(Protocol):
    """Is told how far the work is."""

    def advance(self, n_jobs: int) -> None:
        """Note that so many more jobs are done."""

    def watch(self, position_s: float, duration_s: float) -> None:
        """Note how much of a single recording has been read."""


@dataclass(frozen=True)
class Work:
    """Items, and what is done with each.

    Attributes
    ----------
    items : iterable of Job, Unusable, Shard or Outcome
    action : callable
        Yields the outcomes of an item. That of a single job may be given `on_position` too.
    item_s : float
        Estimated time of a job whose recording is short (s).
    n_items : int, optional
        None if unknown.
    head : iterable of Job or Unusable
        The first jobs, from which the time of the work and the place of its sources are judged.
    n_sources_each : int
        Sources that an item stands for.
    """

    items: Iterable[WorkItem]
    action: Callable[..., Iterable[Outcome]]
    item_s: float
    n_items: int | None
    head: Iterable[Item]
    n_sources_each: int = 1

    def cost_s(self, item: WorkItem) -> float:
        """Return an estimate of the time that an item takes (s)."""
        if isinstance(item, Outcome):
            return 0.0
        n_jobs = len(item.jobs) if isinstance(item, Shard) else 1
        return self.item_s * n_jobs + _BYTE_S * (0 if isinstance(item, Unusable) else item.n_bytes)


def work_on_jobs(jobs: Plan | list[Item], action: Callable[..., Iterable[Outcome]], settings: Settings) -> Work:
    """Return the work on the jobs of a plan or a list."""
    item_s = _FIGURE_S if isinstance(settings.picture, Figure) else _IMAGE_S
    if isinstance(jobs, Plan):
        return Work(jobs, action, item_s, jobs.n_jobs, jobs.head)
    return Work(jobs, action, item_s, len(jobs), jobs)


def do_work(
    work: Work,
    sources: Sources,
    progress: Progress | None = None,
    *,
    pack: Callable[[list[Outcome]], list[Outcome]] | None = None,
    cluster: tuple[MapExecutor, int] | None = None,
) -> Iterator[Outcome]:
    """Do the work, side by side, and yield the outcomes in the order of the items.

    Parameters
    ----------
    work : Work
    sources : Sources
        Tells when to stop, and the number of processes.
    progress : Progress, optional
    pack : callable, optional
        As that of `OrderedMap`.
    cluster : tuple of (MapExecutor, int), optional
        An executor and its number of workers, in place of processes here.
    """
    action = work.action
    if progress and work.n_items == work.n_sources_each == 1 and not cluster:
        action = partial(action, on_position=progress.watch)
    mapped = OrderedMap(
        action,
        on_lost=_lost,
        on_skipped=skipped,
        stops=lambda outcome: sources.fail_fast and outcome.failure is not None,
        on_done=lambda n: progress.advance(n * work.n_sources_each) if progress else None,
        cost_s=work.cost_s,
        n_items=work.n_items,
        pack=pack,
    )
    if cluster:
        return cluster[0](mapped, work.items, cluster[1])
    n_workers = _n_workers(work, sources.jobs)
    outcomes = map_in_order(mapped, work.items, n_workers)
    in_streams = n_workers > 1 and any(isinstance(item, Job) and is_in_stream(item.source) for item in work.head)
    return _with_members_served(outcomes, n_workers) if in_streams else outcomes


def _with_members_served(outcomes: Iterator[Outcome], n_workers: int) -> Iterator[Outcome]:
    # Imported here so that only archives pay for it.
    from wav2spec.storage.member_server import members_served

    with members_served(n_workers):
        yield from outcomes


def _lost(item: WorkItem, message: str) -> Outcome:
    if isinstance(item, Job | Shard):
        # The worker could not.
        remove_abandoned(item.target)
    return lost(item, message)


def _n_workers(work: Work, n_asked: int | None) -> int:
    """Return how many processes share the work: as many as asked for, or as are worth their start."""
    total_s = 0.0
    for item in work.head:
        # Standard streams are ours alone.
        if isinstance(item, Job) and STREAM in (item.source, item.target):
            return 1
        total_s += work.cost_s(item)
    if n_asked is None and total_s < _WORTH_SHARING_S:
        return 1
    n_workers = n_asked or available_cpus()
    return n_workers if work.n_items is None else min(n_workers, work.n_items)
