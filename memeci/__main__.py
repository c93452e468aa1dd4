"""``python -m memeci``."""

from memeci.cli import run

if __name__ == "__main__":
    run()
