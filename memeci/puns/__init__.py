"""Commit ⇄ Docker tag: the hash read aloud in Chinese. Pure; the lexicon is a YAML file."""
