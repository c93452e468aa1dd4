"""Paired change → interval → family-wise decision → verdict. Knows no metric. Pure."""
