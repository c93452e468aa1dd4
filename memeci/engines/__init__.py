"""A relation → tallies that add up. DuckDB lives here and nowhere else."""
