"""Releases in git: tags, records, the archive. GitPython lives here and nowhere else."""
