"""Names of targets."""

import os
import re
import stat
from collections.abc import Callable

from wav2spec.batch.jobs import LABEL_ROOM, Job, Replaces
from wav2spec.batch.sources import Found
from wav2spec.errors import ArchiveError, OutputError, SettingError
from wav2spec.settings.choices import Format
from wav2spec.settings.formats import FORMATS, formats_of, suffixes_of
from wav2spec.storage.names import is_url
from wav2spec.storage.streams import STREAM
from wav2spec.storage.trees import can_write_beside

# Longest name of a file on the common file systems (bytes), and what the name of a segment adds.
_MAX_NAME_BYTES = 255
_SEGMENT_BYTES = len("-0123456789")


def names_file(name: str, command: str) -> bool:
    """Return whether a target's name is that of a file of a command, or of standard output."""
    return name == STREAM or _suffix_of(name) in {row.suffix for row in formats_of(command).values()}


def _suffix_of(name: str) -> str:
    return os.path.splitext(name)[1].lower()


_SHARDS = re.compile(r"[^%]*%0[1-9][0-9]?d[^%/]*\.tar")


def is_shard_pattern(output: str | None) -> bool:
    """Return whether an output stands for shards: ``shards/train-%06d.tar``.

    Raises
    ------
    SettingError
        If it is a tar archive without a number, or with several.
    """
    if output is None or not output.lower().endswith(".tar"):
        return False
    if not _SHARDS.fullmatch(output):
        raise SettingError("output", f"{output}: the name of a shard has one number in it, such as %06d")
    return True


class Naming:
    """How targets are named; arguments are those of `plan_jobs`.

    Attributes
    ----------
    job : callable
        Returns the job of a `Found`.

    Raises
    ------
    SettingError, OutputError
        If there can be no such output.
    """

    def __init__(
        self,
        output: str | None,
        format: Format | None,
        suffix: str,
        *,
        command: str,
        force: bool,
        several: bool,
        segmented: bool,
        labelled: bool,
    ) -> None:
        self.output = output
        self._segmented = segmented
        self._command = command
        default: Format = next(iter(formats_of(command)))
        self.format = format or default
        self._ending = suffix + FORMATS[self.format].suffix
        self._room = _MAX_NAME_BYTES - len(os.fsencode(self._ending)) - _SEGMENT_BYTES * segmented
        self._room -= LABEL_ROOM * labelled
        self._implied: Replaces = "own" if FORMATS[self.format].has_metadata else "foreign"
        self._named: Replaces = "foreign"
        # To look at an object first would be a second request for each.
        if force or (output is not None and is_url(output)):
            self._implied = self._named = "anything"
        self.job: Callable[[Found], Job]
        if output is None:
            self.job = self._beside
        elif is_shard_pattern(output):
            self.job = self._in_shard
        elif self._is_directory(output, several):
            self.job = self._below
        else:
            self.format = self.format if output == STREAM else self._format_of(output, format)
            self.job = self._as_named

    def _is_directory(self, output: str, several: bool) -> bool:
        if output.endswith("/") or (output != STREAM and os.path.isdir(output)):
            return True
        if names_file(output, self._command):
            if several:
                raise SettingError("output", f"{output} is one target for several sources; a directory ends in /")
            return False
        # A device, or what a descriptor is open for, is written into.
        if not several and (output.startswith(("/dev/", "/proc/")) or _is_special(output)):
            return False
        if not several and _suffix_of(output):
            known = f"targets end in {suffixes_of(self._command)}, directories in /"
            raise SettingError("output", f"{output} ends in {_suffix_of(output)}; {known}")
        if os.path.exists(output):
            raise OutputError(output, "is no folder")
        return True

    def _format_of(self, target: str, format: Format | None) -> Format:
        suffix = _suffix_of(target)
        found = next((name for name, row in formats_of(self._command).items() if row.suffix == suffix), None)
        if found and format and found != format:
            raise SettingError("format", f"{format} does not go with the target {target}")
        return found or self.format

    def _as_named(self, found: Found) -> Job:
        assert self.output is not None
        return Job(
            found.source,
            self.output,
            self.format,
            make_directory=self.output != STREAM,
            replaces=self._named,
            n_bytes=found.n_bytes,
            version=found.version,
        )

    def _beside(self, found: Found) -> Job:
        if found.source == STREAM:
            return Job(STREAM, STREAM, self.format)
        if not can_write_beside(found.source):
            raise SettingError("output", f"no picture can be written beside {found.source}; name a folder")
        name, warnings = self._target_name(found.source)
        target = os.path.join(os.path.dirname(found.source), name)
        return Job(found.source, target, self.format, False, self._implied, warnings, found.n_bytes, found.version)

    def _below(self, found: Found) -> Job:
        assert self.output is not None
        if found.source == STREAM:
            raise SettingError(
                "output", f"standard input has no name to be written under in {self.output}; name a file"
            )
        name, warnings = self._target_name(found.relative)
        target = os.path.join(self.output, os.path.dirname(found.relative), name)
        return Job(found.source, target, self.format, True, self._named, warnings, found.n_bytes, found.version)

    def _in_shard(self, found: Found) -> Job:
        """Return the job of a member, in the directory that is named like the pattern of the shards."""
        # Imported here so that only shards pay for it.
        from wav2spec.storage.tar_writer import check_member_name

        assert self.output is not None
        if found.source == STREAM:
            raise SettingError("output", "standard input has no name to be written under in a shard; name a file")
        directory, name = os.path.split(found.relative)
        # WebDataset takes what is before the first dot for the key.
        key = os.path.join(directory, os.path.splitext(name)[0].replace(".", "_"))
        try:
            check_member_name(f"{key}{'-0123456789' if self._segmented else ''}.json")
        except ArchiveError as error:
            raise SettingError("output", f"{found.source}: {error}") from error
        target = os.path.join(self.output, key + FORMATS[self.format].suffix)
        return Job(found.source, target, self.format, n_bytes=found.n_bytes, version=found.version)

    def _target_name(self, path: str) -> tuple[str, tuple[str, ...]]:
        """Return the name of the target, shortened if it would be too long, and what is to be said about it."""
        stem = os.path.splitext(os.path.basename(path))[0]
        if len(stem) * 4 <= self._room or len(raw := os.fsencode(stem)) <= self._room:
            return stem + self._ending, ()
        # Imported here so that only long names pay for it.
        import hashlib

        digest = "~" + hashlib.sha256(raw).hexdigest()[:8]
        # Cut between characters, and decoded as the names of files are here.
        cut = os.fsdecode(raw[: self._room - len(digest)].decode("utf-8", "ignore").encode())
        short = cut + digest + self._ending
        return short, (f"its name is too long for a target, which is named {short}",)


def _is_special(path: str) -> bool:
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False
