"""GitHub, GitLab, or no forge at all. The network lives here and nowhere else."""
