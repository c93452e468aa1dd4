"""Prediction files of any format → a relation that an engine can scan. One file per format; reads headers, never rows."""
