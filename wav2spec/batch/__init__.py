"""Paths to jobs, jobs to outcomes, outcomes to words, manifest and exit code."""
