"""Calibration of the verdict by simulation: python -m benchmarks.calibrate. Tables go to docs/calibration/."""
