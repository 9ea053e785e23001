"""What the repository's own tests stand on: databases, processes, judged logs and skips."""
