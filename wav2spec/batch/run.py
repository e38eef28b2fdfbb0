"""Run conversions: what the command line and Python both call."""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from wav2spec.batch.conversion_plan import orphans_of, plan_conversion
from wav2spec.batch.jobs import Job, Shard
from wav2spec.batch.outcomes import Known, Outcome, lost, skipped
from wav2spec.batch.plan import Item, Plan, check_directories
from wav2spec.batch.request import Grid, Request, Sources, command_of
from wav2spec.batch.shard_plan import ShardPlan
from wav2spec.settings.pictures import Figure
from wav2spec.settings.settings import DEFAULT, Settings
from wav2spec.storage.names import is_url
from wav2spec.storage.streams import STREAM
from wav2spec.storage.targets import remove_abandoned

if TYPE_CHECKING:
    from wav2spec.batch.orphans import Orphans
    from wav2spec.executors.ordered_map import MapExecutor

# Time of a short file's image and figure, and of each byte of a long one; and the least work that is worth starting
# processes for (s).
_IMAGE_S, _FIGURE_S, _BYTE_S = 1.5e-3, 0.1, 4e-9
_WORTH_SHARING_S = 0.1

# What is given to a worker.
WorkItem = Item | Shard | Known


class Progress(Protocol):
    """Is told how far the work is."""

    def advance(self, n_jobs: int) -> None:
        """Note that so many more jobs are done."""

    def watch(self, position_s: float, duration_s: float) -> None:
        """Note how much of a single recording has been read."""


def convert_paths(
    sources: Iterable[str] | str, output: str | None = None, *, settings: Settings = DEFAULT, **request: Any
) -> Iterator[Outcome]:
    """Convert recordings, as the command line does.

    Parameters
    ----------
    sources : str or iterable of str
        Files, and directories of WAV files.
    output : str, optional
        A file, or a directory. By default each picture goes next to its source.
    settings : Settings
    **request
        Fields of `Request`.

    Returns
    -------
    iterator of Outcome
        In the order of the sources. Work is done while it is iterated.

    Raises
    ------
    SettingError, OutputError
        At once, if something is asked for that cannot be done.
    """
    names = (sources,) if isinstance(sources, str) else tuple(map(os.fspath, sources))
    asked = Request(sources=names, output=output, **request)
    return run_conversion(asked, settings, plan=plan_conversion(asked, settings))


def _recipe(request: Request, settings: Settings, grid: Grid | None) -> str:
    """Return the digest of what is done with every source, which manifests hold."""
    if not (request.manifest or request.since):
        return ""
    from wav2spec.batch.recipe import recipe_digest

    return recipe_digest(request, settings, grid)


def run_conversion(
    request: Request,
    settings: Settings,
    grid: Grid | None = None,
    *,
    plan: Plan,
    progress: Progress | None = None,
    tallies: bool = False,
    on_workers: Callable[[int], object] | None = None,
) -> Iterator[Outcome]:
    """Do what was planned, and yield the outcomes in the order of the plan.

    With `tallies`, pictures of which there is nothing to print may come as a `Tally`. `on_workers` is called with the
    number of workers of a cluster.

    Raises
    ------
    InputError
        If a manifest of `since` cannot be read.
    OutputError
        If a target's directory, or the manifest, cannot be written.
    """
    # Imported here, where there is work: NumPy and libsndfile.
    from wav2spec.batch.convert import Conversion, check, draw, known_targets, update

    in_shards = isinstance(plan, ShardPlan)
    command = command_of(settings, grid, request.format)
    if request.prune and not request.update:
        orphans = orphans_of(plan, settings, command)
        return _only_orphans(orphans, known_targets(plan, settings.preprocessing), remove=not request.dry_run)
    writes = not (request.check or request.dry_run)
    conversion = Conversion(
        settings,
        (update if request.update else draw) if writes else check,
        grid,
        request.checks("refuse"),
        request.checks("warn"),
        request.checks("skip"),
        n_threads=(request.jobs or _available_cpus()) if plan.n_jobs == 1 else 1,
        collect_facts=bool(request.manifest) or in_shards,
        recipe_sha256=_recipe(request, settings, grid),
        labels=request.labels,
    )
    if command in ("plot", "compare"):
        # Loaded once, before there are workers.
        import wav2spec.render.figures.plot  # noqa: F401
    if writes and plan.n_jobs != 1:
        check_directories(plan.head)
    action: Callable[..., Iterable[Outcome]] = conversion
    items: Iterable[Item | Shard] = plan
    n_items, size = plan.n_jobs, 1
    if isinstance(plan, ShardPlan):
        from wav2spec.batch.shards import ShardConversion

        action = ShardConversion(conversion)
        items, n_items, size = plan.shards(), plan.n_shards, plan.size
    since = None
    if request.since and conversion.recipe_sha256:
        from wav2spec.batch.since import Since, pass_known

        since = Since.of_request(
            request, conversion.recipe_sha256, segmented=settings.preprocessing.segment is not None
        )
        action = partial(pass_known, action)
    cost_s = cost_of(settings)
    if uses_stores(request, plan):
        from wav2spec.batch.transfers import DEFAULT_REQUESTS, MAX_GROUP, Transfer

        action = Transfer(
            action,
            request.requests or DEFAULT_REQUESTS,
            reads_targets=conversion.action is not draw,
            reads_pixels=conversion.collect_facts or not settings.picture.metadata,
            max_group=1 if isinstance(plan, ShardPlan) else MAX_GROUP,
        )
    executor = None
    if request.scheduler and plan.n_jobs != 0:
        from wav2spec.batch.cluster import cluster_executor

        executor = cluster_executor(request.scheduler, plan)
        if on_workers:
            on_workers(executor[1])
    manifest = request.manifest_path
    pack = None
    if tallies and writes and not request.prune and plan.n_jobs != 1:
        from wav2spec.batch.tallies import Tallying

        pack = Tallying.for_manifest(manifest, with_times=request.update)
    work = since.separate(items) if since else items
    outcomes = run_jobs(work, action, request, n_items, cost_s, progress, plan.head, size, executor, pack)
    if since:
        # A run of known sources was counted as one item.
        outcomes = since.outcomes(outcomes, pack, lambda n: progress.advance(n - size) if progress else None)
    if manifest:
        outcomes = _with_manifest(outcomes, manifest, with_times=request.update)
    if (request.check or request.prune) and not request.part:
        outcomes = orphans_of(plan, settings, command).after(outcomes, remove=request.prune and writes)
    return outcomes


def run_jobs(
    items: Iterable[WorkItem],
    action: Callable[..., Iterable[Outcome]],
    sources: Sources,
    n_items: int | None,
    cost_s: Callable[[WorkItem], float],
    progress: Progress | None = None,
    head: Iterable[Item] | None = None,
    n_sources_each: int = 1,
    executor: "tuple[MapExecutor, int] | None" = None,
    pack: Callable[[list[Outcome]], list[Outcome]] | None = None,
) -> Iterator[Outcome]:
    """Do jobs or shards by `action`, side by side, and yield the outcomes in order.

    A single job's action is also given `on_position`. `head` are jobs from which the time of the work is estimated, by
    default all items; an item stands for `n_sources_each` sources. `executor` has so many workers, by default it is one
    of processes here.
    """
    from wav2spec.executors.ordered_map import OrderedMap
    from wav2spec.executors.run import map_in_order

    if n_items == 1 and n_sources_each == 1 and progress and not executor:
        action = partial(action, on_position=progress.watch)
    work = OrderedMap(
        action,
        on_lost=_lost,
        on_skipped=skipped,
        stops=lambda outcome: sources.fail_fast and outcome.failure is not None,
        on_done=lambda n: progress.advance(n * n_sources_each) if progress else None,
        cost_s=cost_s,
        n_items=n_items,
        pack=pack,
    )
    if executor:
        return executor[0](work, items, executor[1])
    return map_in_order(work, items, _n_workers(items if head is None else head, n_items, sources.jobs, cost_s))


def uses_stores(request: Request, plan: Plan) -> bool:
    """Return whether a run reads from stores or writes to them, as far as its head tells."""
    jobs = (item for item in plan.head if isinstance(item, Job))
    return bool(request.output and is_url(request.output)) or any(is_url(job.source) for job in jobs)


def _lost(item: WorkItem, message: str) -> Outcome:
    if isinstance(item, Job | Shard):
        # The worker could not.
        remove_abandoned(item.target)
    return lost(item, message)


def cost_of(settings: Settings) -> Callable[[WorkItem], float]:
    """Return an estimate of the time that a job takes (s)."""
    each = _FIGURE_S if isinstance(settings.picture, Figure) else _IMAGE_S
    return partial(_cost, each)


def _cost(each: float, item: WorkItem) -> float:
    if isinstance(item, Known):
        return 0.0
    return each * (len(item.jobs) if isinstance(item, Shard) else 1) + _BYTE_S * getattr(item, "n_bytes", 0)


def _n_workers(
    head: Iterable[WorkItem], n_items: int | None, n_asked: int | None, cost_s: Callable[[WorkItem], float]
) -> int:
    """Return how many processes share the work: as many as asked for, or as are worth their start."""
    total_s = 0.0
    for item in head:
        # Standard streams are ours alone.
        if isinstance(item, Job) and STREAM in (item.source, item.target):
            return 1
        total_s += cost_s(item)
    if n_asked is None and total_s < _WORTH_SHARING_S:
        return 1
    n_workers = n_asked or _available_cpus()
    return n_workers if n_items is None else min(n_workers, n_items)


def _available_cpus() -> int:
    from wav2spec.executors.cpus import available_cpus

    return available_cpus()


def _only_orphans(orphans: "Orphans", outcomes: Iterator[Outcome], *, remove: bool) -> Iterator[Outcome]:
    for outcome in outcomes:
        orphans.add(outcome)
        if outcome.failure:
            yield outcome
    yield from orphans.outcomes(remove=remove)


def _with_manifest(outcomes: Iterator[Outcome], path: str, *, with_times: bool) -> Iterator[Outcome]:
    from wav2spec.batch.manifest import ManifestWriter
    from wav2spec.storage.targets import make_directory, open_target

    make_directory(os.path.dirname(path))
    with open_target(path) as file:
        writer = ManifestWriter(file, path, with_times=with_times)
        for outcome in outcomes:
            writer.add(outcome)
            yield outcome
