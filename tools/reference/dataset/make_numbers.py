"""Writes parquet files of numbers that a double cannot hold, of floats, decimals, dates and times.

`numbers.json` holds what is stored, as text, by column; dates and times as Python's isoformat gives them.

    python tools/reference/dataset/make_numbers.py
"""

import datetime
import decimal
import json
from decimal import Decimal
from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet as pq

decimal.getcontext().prec = 60
OUT = Path(__file__).resolve().parents[3] / "packages/dataset/src/__fixtures__"
moment = datetime.datetime(2024, 2, 29, 3, 4, 5, 123456)
utc = datetime.timezone.utc
columns = {
    "int64": (pyarrow.int64(), [2**53 + 1, -(2**63), 7]),
    "uint64": (pyarrow.uint64(), [2**64 - 1, 2**63, 0]),
    "uint32": (pyarrow.uint32(), [2**32 - 1, 0, 1]),
    "decimal": (pyarrow.decimal128(9, 2), [Decimal("1.10"), Decimal("-0.05"), Decimal("0.30")]),
    "wide": (pyarrow.decimal128(38, 10), [Decimal("12345678901234567890.0123456789"), Decimal("-1"), Decimal("0.3")]),
    "long": (pyarrow.decimal128(18, 1), [Decimal("0.3"), Decimal("12345678901234567.8"), Decimal("-2.5")]),
    "float": (pyarrow.float32(), [0.1, 16777216.0, -3.4e38]),
    "half": (pyarrow.float16(), [numpy.float16(0.1), numpy.float16(65504), numpy.float16(-2.5)]),
    "double": (pyarrow.float64(), [0.1, 1e300, 0.30000000000000004]),
    "date": (pyarrow.date32(), [moment.date(), datetime.date(1969, 7, 20), datetime.date(1, 1, 1)]),
    "micros": (pyarrow.timestamp("us"), [moment, moment.replace(microsecond=0), datetime.datetime(1969, 7, 20, 20, 17, 40, 5)]),
    "zoned": (pyarrow.timestamp("ms", tz="UTC"), [moment.replace(microsecond=500000, tzinfo=utc)] * 3),
    "time": (pyarrow.time64("us"), [moment.time(), datetime.time(0, 0), datetime.time(23, 59, 59)]),
    "list": (pyarrow.list_(pyarrow.uint64()), [[2**64 - 1, 1], [], [2**53 + 1]]),
    "struct": (
        pyarrow.struct([("amount", pyarrow.decimal128(20, 3)), ("count", pyarrow.int64())]),
        [{"amount": Decimal("12345678901234567.125"), "count": 2**53 + 1}] * 3,
    ),
}


def text(value):
    if isinstance(value, list):
        return [text(each) for each in value]
    if isinstance(value, dict):
        return {key: text(each) for key, each in value.items()}
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, (datetime.date, datetime.time)):
        short = value.isoformat().replace("+00:00", "Z")
        return short.rstrip("Z").rstrip("0") + "Z" if short.endswith("00Z") and "." in short else short
    return str(value)


table = pyarrow.table({name: pyarrow.array(values, kind) for name, (kind, values) in columns.items()})
for name, options in {"numbers": {}, "numbers-plain": {"use_dictionary": False, "compression": "none"}}.items():
    pq.write_table(table, OUT / f"{name}.parquet", store_decimal_as_integer=name == "numbers-plain", **options)
found = {"versions": {"pyarrow": pyarrow.__version__, "numpy": numpy.__version__}}
found["columns"] = {name: [text(value) for value in values] for name, (_, values) in columns.items()}
(OUT / "numbers.json").write_text(json.dumps(found, indent=1) + "\n")
