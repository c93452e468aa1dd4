"""What the output folder and the files in it are called: `evaluate` writes them, everything else finds them by these names."""

OUTPUT_DIR = ".memeci"
RECORD_FILE = "record.json"
PREDICTIONS_FILE = "predictions.parquet"
PICTURE_FILE = "meme.png"
COMMENT_FILE = "comment.md"
SUMMARY_FILE = "summary.md"
