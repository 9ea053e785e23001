"""What the outside is promised and what we expect of it: APIs, providers, formats."""
