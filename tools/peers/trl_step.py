"""Steps of TRL's GRPOTrainer on a Qwen2.5-VL model, one for each line that comes in.

    python tools/peers/trl_step.py JOB.json

`cppo bench speed --suite step --python PYTHON` starts it and takes turns with our own step. The job names the model directory,
the pictures and questions, G, the completion length and the threads; see apps/trainer/src/speed/step-job.ts. The first
line that comes out holds versions; then one line a step: seconds of sampling, of scoring (the forward pass that has the gradient),
of the update (backward, clipping, AdamW) and of the whole step, and the most memory that this process ever held, bytes.

Float32 on the processor, no gradient checkpointing, no reference model (beta 0), one optimiser step a batch; completions all have the
whole length, since the end token is suppressed until then.
"""

import json
import os
import platform
import resource
import sys
import time

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["HF_HUB_OFFLINE"] = "1"
job = json.load(open(sys.argv[1]))
os.environ["OMP_NUM_THREADS"] = str(job["threads"])
# Standard output is the protocol; whatever libraries print goes elsewhere.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import datasets  # noqa: E402
import torch  # noqa: E402
import torchvision  # noqa: E402
import transformers  # noqa: E402
import trl  # noqa: E402
from PIL import Image  # noqa: E402

torch.set_num_threads(job["threads"])
torch.manual_seed(0)


def say(answer):
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


class Clock:
    """Seconds by name, added up."""

    def __init__(self):
        self.seconds = {}

    def around(self, owner, method, name):
        original = getattr(owner, method)

        def timed(*args, **kwargs):
            start = time.perf_counter()
            try:
                return original(*args, **kwargs)
            finally:
                self.seconds[name] = self.seconds.get(name, 0) + time.perf_counter() - start

        setattr(owner, method, timed)


class Turns(transformers.TrainerCallback):
    """Waits for its turn before every step."""

    def __init__(self, clock):
        self.clock = clock

    def on_step_begin(self, args, state, control, **kwargs):
        if not sys.stdin.readline():
            os._exit(0)
        self.clock.seconds = {}
        self.start = time.perf_counter()

    def on_step_end(self, args, state, control, **kwargs):
        step = time.perf_counter() - self.start
        sampling = self.clock.seconds["sampling"]
        scoring = self.clock.seconds["scoring"]
        prepare = self.clock.seconds["prepare"]
        say(
            {
                "sampling": sampling,
                "scoring": scoring,
                "update": step - prepare - scoring,
                "step": step,
                "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            }
        )


def alternating(completions, **kwargs):
    """Every second completion is right, so that every group has something to learn."""
    return [float(index % 2) for index in range(len(completions))]


def main():
    images = [Image.open(path).convert("RGB") for path in job["pictures"]]
    rows = {
        "prompt": [[{"role": "user", "content": question}] for question in job["questions"]],
        "image": images,
    }
    model = transformers.Qwen2_5_VLForConditionalGeneration.from_pretrained(job["model"], dtype=torch.float32)
    # A sampled image token ends TRL's run: the features no longer match the tokens.
    config = model.config
    vision = [config.image_token_id, config.video_token_id, config.vision_start_token_id, config.vision_end_token_id]
    batch = len(images) * job["completions"]
    args = trl.GRPOConfig(
        output_dir=os.path.join(os.path.dirname(sys.argv[1]), "trl"),
        per_device_train_batch_size=batch,
        gradient_accumulation_steps=1,
        num_generations=job["completions"],
        max_completion_length=job["tokens"],
        generation_kwargs={"min_new_tokens": job["tokens"], "suppress_tokens": vision},
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        beta=0.0,
        loss_type="dapo",
        learning_rate=1e-6,
        max_grad_norm=1.0,
        max_steps=1_000_000,
        num_train_epochs=1_000_000,
        bf16=False,
        use_cpu=True,
        gradient_checkpointing=False,
        shuffle_dataset=False,
        logging_strategy="no",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    clock = Clock()
    trainer = trl.GRPOTrainer(
        model=model,
        reward_funcs=alternating,
        args=args,
        train_dataset=datasets.Dataset.from_dict(rows),
        processing_class=transformers.AutoProcessor.from_pretrained(job["model"]),
        callbacks=[Turns(clock)],
    )
    clock.around(trainer, "_generate", "sampling")
    clock.around(trainer, "_get_per_token_logps_and_entropies", "scoring")
    clock.around(trainer, "_prepare_inputs", "prepare")
    say(
        {
            "versions": {
                "trl": trl.__version__,
                "transformers": transformers.__version__,
                "torch": torch.__version__,
                "torchvision": torchvision.__version__,
                "python": platform.python_version(),
            },
            "parameters": sum(p.numel() for p in model.parameters()),
            "threads": torch.get_num_threads(),
        }
    )
    trainer.train()


main()
