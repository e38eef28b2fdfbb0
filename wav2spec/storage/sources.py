"""Open sources to be read, wherever they are: the one place that knows all kinds."""

from wav2spec.errors import AudioError, os_error_message
from wav2spec.storage.files import SourceFile, open_file, source_name

__all__ = ["SourceFile", "open_source"]


def open_source(path: str) -> SourceFile:
    """Open a file, a member of an archive, or standard input for ``-``.

    Raises
    ------
    AudioError
        If it cannot be opened, with the operating system's reason; if it is a FIFO or a device; if a stream is longer
        than `STREAM_LIMIT`.
    """
    try:
        try:
            return open_file(path)
        except NotADirectoryError:
            # Imported here so that only members of archives pay for it.
            from wav2spec.storage.archives import open_member, split_path

            if parts := split_path(path):
                return open_member(*parts, open_file)
            raise
    except OSError as error:
        raise AudioError(source_name(path), os_error_message(error)) from error
