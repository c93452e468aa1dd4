"""Calibration of the verdict by simulation: python -m benchmarks.calibrate [--fast] [NAME …]. Tables go to docs/calibration/."""
