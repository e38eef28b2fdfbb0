"""Plan a conversion: from what is asked for to its jobs. Whatever its paths and settings rule out is an error here."""

from typing import TYPE_CHECKING

from wav2spec.batch.jobs import Job, Unusable
from wav2spec.batch.name_list import NameList
from wav2spec.batch.naming import is_shard_pattern
from wav2spec.batch.plan import Plan, plan_jobs
from wav2spec.batch.request import Grid, Request, Sources, command_of
from wav2spec.batch.shard_plan import ShardPlan
from wav2spec.batch.sources import expand_sources
from wav2spec.errors import SettingError
from wav2spec.settings.choices import AUTO, GRAY
from wav2spec.settings.pictures import Figure
from wav2spec.settings.settings import Settings
from wav2spec.storage.names import check_supported
from wav2spec.storage.streams import STREAM

if TYPE_CHECKING:
    from wav2spec.batch.orphans import Orphans

# What commands add to names that they choose, so that they do not replace each other's pictures.
_SUFFIXES = {"plot": "-plot", "compare": "-compare"}

# Sources in a shard: of clips of a second, 12 MB.
DEFAULT_SHARD_SIZE = 1000


def plan_conversion(request: Request, settings: Settings, grid: Grid | None = None) -> Plan:
    """Plan a run.

    Raises
    ------
    SettingError, OutputError
        If it cannot be done.
    """
    picture = settings.picture
    if isinstance(picture, Figure) or picture.palette != GRAY:
        from wav2spec.render.colormaps import load_colormap

        load_colormap(picture.palette)
    check_supported("sources", *request.sources)
    check_supported("since", *request.since)
    check_supported("output", request.output, written=True)
    check_supported("manifest", request.manifest, written=True)
    in_shards = is_shard_pattern(request.output)
    command = command_of(settings, grid, request.format)
    _check_shards(request, command, in_shards=in_shards)
    plan = plan_jobs(
        request.sources,
        request.output,
        request.format,
        listed=_listed_names(request),
        patterns=request.patterns,
        command=command,
        suffix=_SUFFIXES.get(command, ""),
        force=request.force,
        segmented=settings.preprocessing.makes_segments,
        labelled=settings.preprocessing.segments is not None,
        part=None if in_shards else request.part,
        written={"manifest": request.manifest_path},
        read={name: getattr(request, name) for name in ("files_from", "labels")} | {"segments": _label_file(settings)},
    )
    _check_streams(plan, request, settings)
    if request.prune:
        _check_prune(plan, request, settings, command)
    if request.scheduler:
        from wav2spec.batch.cluster import check_scheduler

        check_scheduler(plan)
    if in_shards and request.output:
        return ShardPlan(plan, request.output, request.shard_size or DEFAULT_SHARD_SIZE, request.part)
    return plan


def _label_file(settings: Settings) -> str | None:
    path = settings.preprocessing.segments
    return None if path == AUTO else path


def orphans_of(plan: Plan, settings: Settings, command: str) -> "Orphans":
    # Reads metadata, and so loads NumPy.
    from wav2spec.batch.orphans import Orphans

    segmented = settings.preprocessing.makes_segments
    return Orphans(plan.trees, command, _SUFFIXES.get(command, ""), segmented=segmented)


def _check_prune(plan: Plan, request: Request, settings: Settings, command: str) -> None:
    if not plan.trees:
        raise SettingError("prune", "needs a folder of recordings as a source, and its pictures in a folder")
    # If not all sources are known, nothing is removed anyway.
    if not request.force and not any(isinstance(item, Unusable) for item in plan.head):
        orphans_of(plan, settings, command).check_mirrors()


def _check_shards(request: Request, command: str, *, in_shards: bool) -> None:
    if not in_shards and request.shard_size is not None:
        raise SettingError("shard_size", "needs an output such as shards/train-%06d.tar")
    if in_shards and command != "image":
        raise SettingError("output", "shards hold images and values alone")
    if in_shards and request.prune:
        raise SettingError("prune", "cannot be combined with shards, which are written whole")


def _check_streams(plan: Plan, request: Request, settings: Settings) -> None:
    items = [item for item in plan.head if isinstance(item, Job)] if plan.n_jobs is not None else []
    if any(item.source == STREAM for item in items) and request.part:
        raise SettingError("part", "standard input is one source, and has no parts")
    if not any(item.target == STREAM for item in items):
        return
    for name in "update", "check", "prune":
        if getattr(request, name):
            raise SettingError(name, "standard output holds no picture that could be up to date")
    if settings.preprocessing.makes_segments:
        raise SettingError("segment", "each segment is a picture of its own, and does not go to standard output")
    if request.manifest_path == STREAM:
        raise SettingError("manifest", "standard output takes the picture or the manifest, not both")


def source_jobs(sources: Sources) -> list[Job | Unusable]:
    """Return a job without a target for each source, for work that measures.

    Raises
    ------
    SettingError
        If a source does not exist.
    """
    found = expand_sources(sources.sources, sources.patterns, _listed_names(sources))
    return [item if isinstance(item, Unusable) else Job(item.source, "", n_bytes=item.n_bytes) for item in found]


def _listed_names(sources: Sources) -> NameList | None:
    return NameList(sources.files_from, null=sources.null) if sources.files_from is not None else None
