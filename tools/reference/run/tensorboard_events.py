"""Event file bytes as TensorBoard's own writer makes them: src/loggers/__fixtures__/tensorboard.json of @cppo/run."""

import base64
import io
import json
import pathlib

import tensorboard
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

out = io.BytesIO()
writer = RecordWriter(out)
writer.write(Event(wall_time=1234.0, file_version="brain.Event:2").SerializeToString())
for step, values in ((1, {"loss/total": 0.5, "reward/mean": 0.25}), (300, {"loss/total": -1e-3, "π": 3.0})):
    summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])
    writer.write(Event(wall_time=1234.5 + step, step=step, summary=summary).SerializeToString())

here = pathlib.Path(__file__).resolve()
target = here.parents[3] / "packages/run/src/loggers/__fixtures__/tensorboard.json"
target.write_text(
    json.dumps({"tensorboard": tensorboard.__version__, "file": base64.b64encode(out.getvalue()).decode()}) + "\n"
)
