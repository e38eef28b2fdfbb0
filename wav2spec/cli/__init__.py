"""The command line. Importing it loads Click and nothing heavier: NumPy comes when there is work."""

from wav2spec.cli.main import command, run

__all__ = ["command", "run"]
