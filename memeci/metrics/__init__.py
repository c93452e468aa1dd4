"""What is measured: values and influence of each metric, from tallies alone. Knows no test and no engine. Pure."""
