"""Runs what the user wrote, the predicting command and metric functions, in child processes without the forge's tokens."""

from memeci.usercode.command import run_command
from memeci.usercode.function import compute_numbers

__all__ = ["compute_numbers", "run_command"]
