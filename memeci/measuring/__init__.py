"""Tallies → measurements: metrics applied to every slice, with errors and the effect of every swap. Knows no test and no engine. Pure."""
