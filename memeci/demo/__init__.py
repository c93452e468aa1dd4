"""The demonstration: a small repository with a real model, and a story told in it with real commands."""
