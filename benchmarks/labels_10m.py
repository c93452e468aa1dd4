"""10,000,000 predictions, 5 classes, two parquet files joined by id, two slice columns, 12 label metrics."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from timing import compare

METRICS = [
    *("accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "micro_f1"),
    *("weighted_precision", "weighted_recall", "weighted_f1", "mcc", "cohen_kappa", "recall[neg]"),
]

MAKE = """
create table examples as
  select 'ex-' || lpad(i::varchar, 8, '0') as id, ['neg', 'neu', 'pos', 'mix', 'spam'][1 + (hash(i, 1) % 5)::int] as label,
    (hash(i, 2) % 1000) / 1000 as r1, (hash(i, 3) % 1000) / 1000 as r2,
    ['ios', 'android', 'web'][1 + (hash(i, 4) % 3)::int] as platform, ['zh', 'en', 'ja', 'ko'][1 + (hash(i, 5) % 4)::int] as lang
  from range({n}) t(i)
"""
BASE = "select id, label, case when r1 < 0.85 then label else 'neu' end as prediction, platform, lang from examples"
CAND = (
    "select id, label, case when r1 < 0.85 and r2 < 0.98 then label when r2 < 0.99 then 'pos' else 'neu' end as prediction,"
    " platform, lang from examples order by hash(id)"
)

BARE = """
import duckdb, sys
duckdb.connect().execute(
    "select c.platform, c.lang, c.label, b.prediction, c.prediction, count(*) from '{cand}' c join '{base}' b using (id) group by all"
).fetchall()
"""

PANDAS = """
import pandas as pd
from sklearn import metrics as m
base, cand = pd.read_parquet('{base}', columns=['id', 'prediction']), pd.read_parquet('{cand}')
both = cand.merge(base, on='id', suffixes=('', '_base'))
def measure(y, p):
    m.accuracy_score(y, p); m.balanced_accuracy_score(y, p); m.matthews_corrcoef(y, p); m.cohen_kappa_score(y, p)
    for average in ('macro', 'micro', 'weighted'):
        m.precision_recall_fscore_support(y, p, average=average, zero_division=0)
    m.recall_score(y, p, labels=['neg'], average=None)
slices = [both] + [part for column in ('platform', 'lang') for _, part in both.groupby(column)]
for part in slices:
    for column in ('prediction_base', 'prediction'):
        measure(part['label'], part[column])
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-pandas", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base, cand = (str(Path(folder) / name) for name in ("base.parquet", "cand.parquet"))
        make_files(base, cand, options.rows)
        memeci = [sys.executable, "-m", "memeci", "evaluate", cand, "--baseline", base, "--no-meme", "--output-dir", f"{folder}/out"]
        memeci += ["--slice", "platform", "--slice", "lang", *(part for name in METRICS for part in ("--metric", name))]
        bare = [sys.executable, "-c", BARE.format(base=base, cand=cand)]
        compare("memeci evaluate, whole process", memeci, "bare DuckDB join with the same counts", bare, options.runs)
        if not options.no_pandas:
            pandas = [sys.executable, "-c", PANDAS.format(base=base, cand=cand)]
            compare("memeci evaluate, whole process", memeci, "pandas + scikit-learn", pandas, 1)


def make_files(base: str, cand: str, rows: int) -> None:
    import duckdb

    connection = duckdb.connect()
    connection.execute(MAKE.format(n=rows))
    connection.execute(f"copy ({BASE}) to '{base}' (format parquet)")
    connection.execute(f"copy ({CAND}) to '{cand}' (format parquet)")


if __name__ == "__main__":
    main()
