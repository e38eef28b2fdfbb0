"""The settings: a frozen dataclass for each stage, with defaults and validation. Standard library only."""
