"""Tallies → measurements: metrics on every slice, with errors and swap effects; and what a report shows besides. Knows no test. Pure."""
