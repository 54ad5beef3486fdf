"""Learners of cppo as workers of Ray Train: Ray places them and starts all of them again when one is lost.

  python cppo_ray.py --learners 2 --cpus 4 -- --run /shared/runs/a --config run.yaml

What follows `--` goes to `cppo train`. On every node the working directory holds the project under the same path.
"""

import argparse, json, os, socket, subprocess, sys
from dataclasses import dataclass

import ray
from ray.train import FailureConfig, RunConfig, ScalingConfig, TrainingFailedError
from ray.train.backend import Backend, BackendConfig
from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer

FINAL = (2, 3)  # wrong input, and a run that cannot go on: the next attempt would end in the same way


class Ended(Exception):
    """`cppo train` has ended with a code other than 0."""


def free_address():
    with socket.socket() as each:
        each.bind(("", 0))
        return f"{ray.util.get_node_ip_address()}:{each.getsockname()[1]}"


def set_tf_config(workers, index):
    os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}})


@dataclass
class Learners(BackendConfig):
    @property
    def backend_cls(self):
        return _Learners


class _Learners(Backend):
    """What Ray's own backend for TensorFlow does, without importing TensorFlow's Python package."""

    def on_start(self, worker_group, backend_config):
        workers = worker_group.execute(free_address)
        ray.get([worker_group.execute_single_async(i, set_tf_config, workers, i) for i in range(len(workers))])


def learn(config):
    # A learner must not outlive the worker that Ray ends: a second group would find it at work on the same run.
    command = ["setpriv", "--pdeathsig", "KILL", "node_modules/.bin/cppo", "train", *config["options"]]
    code = subprocess.run(command, cwd=config["directory"]).returncode
    if code != 0:
        raise Ended(f"cppo train ended with {code};")
