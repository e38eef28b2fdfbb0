"""Run conversions: what the command line and Python both call."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from wav2spec.batch.conversion_plan import orphans_of, plan_conversion
from wav2spec.batch.jobs import Job
from wav2spec.batch.outcomes import Outcome
from wav2spec.batch.plan import Plan, check_directories
from wav2spec.batch.request import Grid, Request, command_of
from wav2spec.batch.shard_plan import ShardPlan
from wav2spec.batch.work import Progress, Work, do_work, work_on_jobs
from wav2spec.executors.cpus import available_cpus
from wav2spec.executors.ordered_map import MapExecutor
from wav2spec.settings.settings import DEFAULT, Settings
from wav2spec.storage.names import is_url

if TYPE_CHECKING:
    from wav2spec.batch.convert import Conversion
    from wav2spec.batch.orphans import Orphans
    from wav2spec.batch.since import Since
    from wav2spec.batch.tallies import Tallying


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


def run_conversion(
    request: Request,
    settings: Settings,
    grid: Grid | None = None,
    *,
    plan: Plan,
    progress: Progress | None = None,
    tallies: bool = False,
    on_workers: Callable[[int], object] = lambda _: None,
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
    command = command_of(settings, grid, request.format)
    if request.prune and not request.update:
        return _prune_alone(orphans_of(plan, settings, command), plan, request, settings)
    conversion = _conversion(request, settings, grid, plan)
    if request.writes and plan.n_jobs != 1:
        check_directories(plan.head)
    tallying = _tallying(request, plan) if tallies else None
    since = _since(request, conversion, tallying)
    work = _work(request, conversion, plan, since)
    outcomes = do_work(work, request, progress, pack=tallying, cluster=_cluster(request, plan, on_workers))
    if since:
        # A run of known sources was counted as one item.
        n_counted = work.n_sources_each
        outcomes = since.outcomes(outcomes, lambda n: progress.advance(n - n_counted) if progress else None)
    if request.manifest_path:
        outcomes = _with_manifest(outcomes, request.manifest_path, with_times=request.update)
    if (request.check or request.prune) and not request.part:
        outcomes = orphans_of(plan, settings, command).after(outcomes, remove=request.prune and request.writes)
    return outcomes


def _conversion(request: Request, settings: Settings, grid: Grid | None, plan: Plan) -> "Conversion":
    """Return what is done with each recording."""
    # Imported here, where there is work: NumPy and libsndfile.
    from wav2spec.batch.convert import Conversion, check, draw, update

    # Loaded once, before there are workers.
    if plan.n_jobs != 1:
        import wav2spec.audio.libsndfile
    if command_of(settings, grid, request.format) in ("plot", "compare"):
        import wav2spec.render.figures.plot  # noqa: F401
    return Conversion(
        settings,
        (update if request.update else draw) if request.writes else check,
        grid,
        request.checks("refuse"),
        request.checks("warn"),
        request.checks("skip"),
        n_threads=(request.jobs or available_cpus()) if plan.n_jobs == 1 else 1,
        collect_facts=bool(request.manifest) or isinstance(plan, ShardPlan),
        recipe_sha256=_recipe(request, settings, grid),
        labels=request.labels,
    )


def _recipe(request: Request, settings: Settings, grid: Grid | None) -> str:
    """Return the digest of what is done with every source, which manifests hold."""
    if not (request.manifest or request.since):
        return ""
    from wav2spec.batch.recipe import recipe_digest

    return recipe_digest(request, settings, grid)


def _since(request: Request, conversion: "Conversion", tallying: "Tallying | None") -> "Since | None":
    """Return what earlier manifests tell about this run, if it asks for them."""
    if not (request.since and conversion.recipe_sha256):
        return None
    from wav2spec.batch.since import Since

    segmented = conversion.settings.preprocessing.segment is not None
    return Since.of_request(request, conversion.recipe_sha256, tallying, segmented=segmented)


def _work(request: Request, conversion: "Conversion", plan: Plan, since: "Since | None") -> Work:
    """Return the work on the jobs or shards of a plan, without known sources, and with requests to stores ahead."""
    work = work_on_jobs(plan, conversion, conversion.settings)
    if isinstance(plan, ShardPlan):
        # Shards, known sources and stores each load what they need.
        from wav2spec.batch.shards import ShardConversion

        shards = ShardConversion(conversion)
        work = replace(work, items=plan.shards(), action=shards, n_items=plan.n_shards, n_sources_each=plan.size)
    if since:
        from wav2spec.batch.since import pass_known

        work = replace(work, items=since.separate(work.items), action=partial(pass_known, work.action))
    if _uses_stores(request, plan):
        from wav2spec.batch.transfers import DEFAULT_REQUESTS, MAX_GROUP, Transfer

        transfer = Transfer(
            work.action,
            request.requests or DEFAULT_REQUESTS,
            reads_targets=not request.writes or request.update,
            reads_pixels=conversion.collect_facts or not conversion.settings.picture.metadata,
            max_group=1 if isinstance(plan, ShardPlan) else MAX_GROUP,
        )
        work = replace(work, action=transfer)
    return work


def _uses_stores(request: Request, plan: Plan) -> bool:
    """Return whether a run reads from stores or writes to them, as far as its head tells."""
    jobs = (item for item in plan.head if isinstance(item, Job))
    return bool(request.output and is_url(request.output)) or any(is_url(job.source) for job in jobs)


def _tallying(request: Request, plan: Plan) -> "Tallying | None":
    """Return what packs the outcomes of pictures of which there is nothing to print, unless they are needed."""
    if not request.writes or request.prune or plan.n_jobs == 1:
        return None
    from wav2spec.batch.tallies import Tallying

    return Tallying.for_manifest(request.manifest_path, with_times=request.update)


def _cluster(request: Request, plan: Plan, on_workers: Callable[[int], object]) -> tuple[MapExecutor, int] | None:
    """Return the executor of the cluster that is asked for, and the number of its workers."""
    if not request.scheduler or plan.n_jobs == 0:
        return None
    from wav2spec.batch.cluster import cluster_executor

    executor, n_workers = cluster_executor(request.scheduler, plan)
    on_workers(n_workers)
    return executor, n_workers


def _prune_alone(orphans: "Orphans", plan: Plan, request: Request, settings: Settings) -> Iterator[Outcome]:
    """Yield an outcome for each orphan, which is removed, and for each source that failed; draw nothing."""
    from wav2spec.batch.convert import known_targets

    for outcome in known_targets(plan, settings.preprocessing):
        orphans.add(outcome)
        if outcome.failure:
            yield outcome
    yield from orphans.outcomes(remove=not request.dry_run)


def _with_manifest(outcomes: Iterator[Outcome], path: str, *, with_times: bool) -> Iterator[Outcome]:
    """Yield outcomes, and write each into the manifest."""
    from wav2spec.batch.manifest import ManifestWriter
    from wav2spec.storage.targets import make_directory, open_target

    make_directory(os.path.dirname(path))
    with open_target(path) as file:
        writer = ManifestWriter(file, path, with_times=with_times)
        for outcome in outcomes:
            writer.add(outcome)
            yield outcome
