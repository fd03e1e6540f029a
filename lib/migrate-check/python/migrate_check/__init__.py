"""The Python half of migrate-check: it states facts, and decides nothing."""
