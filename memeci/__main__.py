"""``python -m memeci``."""

from memeci.cli import main

if __name__ == "__main__":
    main()
