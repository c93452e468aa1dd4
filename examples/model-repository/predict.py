"""A model small enough to read: it adds up words. `python predict.py data/reviews.csv out/predictions.csv`"""

import csv
import math
import sys
from pathlib import Path


def read_words(path: Path) -> dict[str, float]:
    lines = (line.split() for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return {word: float(points) for word, points in lines}


def score(text: str, words: dict[str, float]) -> float:
    points = sum(words.get(word.strip(".,!").lower(), 0.0) for word in text.split())
    return 1 / (1 + math.exp(-points))


def main(reviews: Path, predictions: Path) -> None:
    words = read_words(Path(__file__).with_name("words.txt"))
    predictions.parent.mkdir(parents=True, exist_ok=True)
    with reviews.open(encoding="utf-8", newline="") as source, predictions.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["id", "label", "prediction", "score"])
        for row in csv.DictReader(source):
            probability = score(row["text"], words)
            writer.writerow([row["id"], row["label"], "good" if probability >= 0.5 else "bad", f"{probability:.4f}"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
