"""All that wav2spec raises on purpose. The errors hold data, know nothing of Click, and can be pickled."""


class Wav2SpecError(Exception):
    """Base of every foreseen failure."""


class SettingError(Wav2SpecError, ValueError):
    """A setting that cannot be: `name` is the field, `words` say the limit and the value met."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name, message)
        self.name = name
        self.message = message

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"


class _PathError(Wav2SpecError):
    # The setting that would allow it, if there is one.
    setting: str | None = None

    def __init__(self, path: str, message: str) -> None:
        super().__init__(path, message)
        self.path = path
        self.message = message

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class AudioError(_PathError):
    """A recording that cannot be read or drawn; `path` names it."""


class ArchiveError(Wav2SpecError):
    """An archive that is damaged, or cannot hold what is to be put into it."""


class StdoutClosedError(Wav2SpecError):
    """Nobody reads standard output any more: there is nobody to tell."""


class OutputError(_PathError):
    """A target that cannot be written; `path` names it."""


def os_error_message(error: OSError) -> str:
    """Return why the system refused, in its own words where it has any."""
    return error.strerror or str(error)
