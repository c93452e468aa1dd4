"""What ``memeci init`` writes: a look at the predictions, a first memeci.yml, and the workflow of the forge."""
