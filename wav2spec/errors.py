"""The exceptions that wav2spec raises. They hold data, know nothing of Click, and can be pickled."""


class Wav2SpecError(Exception):
    """Base class of the errors that wav2spec raises."""


class SettingError(Wav2SpecError, ValueError):
    """A setting that is not valid.

    Attributes
    ----------
    name : str
        The setting, as a keyword of Python.
    message : str
        The limit, and the value that was given.
    """

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
    """A recording that cannot be read or drawn.

    Attributes
    ----------
    path, message : str
    """


class InputError(_PathError):
    """A file, other than a recording, that cannot be read.

    Attributes
    ----------
    path, message : str
    """


class ArchiveError(Wav2SpecError):
    """An archive that is damaged, or a member that an archive cannot hold."""


class StdoutClosedError(Wav2SpecError):
    """The reader of standard output closed it."""


class OutputError(_PathError):
    """A target that cannot be written.

    Attributes
    ----------
    path, message : str
    """


def os_error_message(error: OSError) -> str:
    """Return the system's message for an error, if it has one."""
    return error.strerror or str(error)
