"""Where bytes come from and where they go: standard streams, files, folders."""
