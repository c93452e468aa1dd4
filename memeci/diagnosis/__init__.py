"""An evaluation or a training curve → findings. Pure."""
