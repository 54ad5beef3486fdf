"""Writes the same rows as parquet under every codec, with a column that is empty throughout: its pages hold no byte.

    python tools/reference/dataset/make_compressed.py
"""

from pathlib import Path

import pyarrow
import pyarrow.parquet as pq

OUT = Path(__file__).resolve().parents[3] / "packages/dataset/src/__fixtures__"
rows = [{"question": f"What is {i} and {i}? " + "again " * (i % 7), "answer": str(2 * i), "path": None} for i in range(60)]
schema = pyarrow.schema([("question", pyarrow.string()), ("answer", pyarrow.string()), ("path", pyarrow.string())])
for codec in ["snappy", "gzip", "brotli", "zstd", "lz4"]:
    for version in ["1.0", "2.0"]:
        pq.write_table(
            pyarrow.Table.from_pylist(rows, schema=schema),
            OUT / "compressed" / f"{codec}-{version[0]}.parquet",
            compression=codec,
            data_page_version=version,
            row_group_size=30,
        )
print("pyarrow", pyarrow.__version__)
