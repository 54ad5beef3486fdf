"""Learners of cppo as workers of Ray Train: Ray places them and starts all of them again when one is lost.

  python cppo_ray.py --learners 2 --cpus 4 -- --run /shared/runs/a --config run.yaml

What follows `--` goes to `cppo train`. On every node the working directory holds the project under the same path.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
from dataclasses import dataclass

import ray
from ray.train import FailureConfig, RunConfig, ScalingConfig, TrainingFailedError
from ray.train.backend import Backend, BackendConfig
from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer

FINAL = (2, 3)  # wrong input, and a run that cannot go on: another attempt would end in the same way


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
    # A learner must not outlive the worker that Ray ends: the next group would find it at work on the same run.
    command = ["setpriv", "--pdeathsig", "KILL", "node_modules/.bin/cppo", "train", *config["options"]]
    code = subprocess.run(command, cwd=config["directory"]).returncode
    if code != 0:
        raise RuntimeError(f"cppo train ended with {code}")


def train(asked):
    config = {"options": asked.options, "directory": os.getcwd()}
    scaling = ScalingConfig(
        num_workers=asked.learners, resources_per_worker={"CPU": asked.cpus}, placement_strategy="SPREAD"
    )
    for _ in range(1 + asked.retries):
        # Ray itself would try again whatever the reason.
        run = RunConfig(storage_path=asked.storage, failure_config=FailureConfig(max_failures=0))
        trainer = DataParallelTrainer(
            learn, train_loop_config=config, backend_config=Learners(), scaling_config=scaling, run_config=run
        )
        try:
            trainer.fit()
            return 0
        except TrainingFailedError as error:
            failures = " ".join(map(str, getattr(error, "worker_failures", {0: error}).values()))
            codes = [int(code) for code in re.findall(r"cppo train ended with (-?\d+)", failures)]
            print(f"cppo_ray: codes of the learners that ended: {codes or failures}", file=sys.stderr)
            final = [code for code in codes if code in FINAL]
            if final:
                return final[0]
    return 75


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage="cppo_ray.py --learners N [--cpus N] [--retries N] -- OPTIONS OF cppo train")
    parser.add_argument("--learners", type=int, required=True)
    parser.add_argument("--cpus", type=int, default=1, help="cores that Ray keeps for each learner")
    parser.add_argument("--retries", type=int, default=20, help="how often all are started again")
    parser.add_argument("--storage", help="where Ray keeps its own records: a shared folder, with several nodes")
    parser.add_argument("options", nargs="*")
    sys.exit(train(parser.parse_args()))
