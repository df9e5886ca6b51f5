"""Features told as small tables: rows in, values out. The pages are read by people and by the tests."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent
