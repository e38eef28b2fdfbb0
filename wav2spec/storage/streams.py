"""The names of standard input and output."""

# A source or target that is standard input or output.
STREAM = "-"


# What the system calls standard output.
STANDARD_OUTPUT = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
