"""The Python interface: the same pictures and numbers as those of the command line.

All functions take the same settings by keyword, named as the options of ``wav2spec image`` with underscores.
"""
