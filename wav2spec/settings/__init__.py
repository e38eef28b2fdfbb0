"""What can be asked for: a frozen dataclass for each stage, with defaults and rules. Standard library only."""
