"""Recordings: WAV headers, blocks of samples, preprocessing, statistics and checks. Knows soundfile and soxr."""
