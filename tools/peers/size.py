"""What a model of full size takes in torch + transformers + PEFT in bfloat16: memory, start, prefill, scoring, sampling, a step.

    python tools/peers/size.py --model DIR [--threads N] [--measure NAME]

`cppo bench speed --suite size --python PYTHON` runs it beside our own measurements. Each measurement is a process of its own, so that
its peak memory is that measurement's; without --measure all of them run one after the other and one JSON object is printed.

    score   a completion of 8 tokens scored under a picture of 256 image tokens: log-probabilities, peak memory
    first   seconds from the start of the process to the first sampled token
    speed   tokens/s of prefill, of scoring a sequence and a group, and of sampling a group
    step    a GRPO step of TRL's GRPOTrainer with LoRA on the decoder's linear layers and gradient checkpointing: seconds, peak memory

Weights and activations are bfloat16, logits of a score are widened before the softmax, as TRL and verl do. No reference model (beta 0).
Completions have their full length: the end token is suppressed. Sampling's rate counts from the first token to the last, so that the
prompt, which `generate` computes once for every completion, is not in it.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time

MEASUREMENTS = ("score", "first", "speed", "step")
SIDE = 448  # pixels; 16 × 16 merge units of 28 pixels are 256 image tokens
SCORED = 8


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="Hugging Face directory")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--measure", choices=MEASUREMENTS, help="only this one, in this process")
    parser.add_argument("--picture", help="file of 448 × 448 pixels; one is drawn when left out")
    parser.add_argument("--question", default="What is in the picture?")
    parser.add_argument("--completions", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3, help="speed: the median of so many is given")
    return parser.parse_args()


def peak_bytes():
    """Most memory that this process ever held, shared pages of mapped files included."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def token_ids(count, vocabulary):
    """The completion that both sides score: ids below the first added token, spread over them."""
    return [(1 + 7919 * (i + 1)) % vocabulary for i in range(count)]


def picture(args):
    from PIL import Image

    if args.picture:
        return Image.open(args.picture).convert("RGB")
    image = Image.new("RGB", (SIDE, SIDE))
    image.putdata([(x * 7 % 256, y * 5 % 256, (x + y) * 3 % 256) for y in range(SIDE) for x in range(SIDE)])
    return image


class Loaded:
    """Model and prompt."""

    def __init__(self, args):
        global torch
        import torch
        import transformers

        torch.set_num_threads(args.threads)
        torch.manual_seed(0)
        self.model = transformers.Qwen2_5_VLForConditionalGeneration.from_pretrained(args.model, dtype=torch.bfloat16).eval()
        self.processor = transformers.AutoProcessor.from_pretrained(args.model)
        content = [{"type": "image"}, {"type": "text", "text": args.question}]
        text = self.processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
        self.prompt = self.processor(text=[text], images=[picture(args)], return_tensors="pt")
        self.prompt["pixel_values"] = self.prompt["pixel_values"].to(torch.bfloat16)
        self.length = self.prompt["input_ids"].shape[1]

    def with_completions(self, rows, length):
        """The prompt with `rows` completions of `length` tokens, as a trainer scores them: the whole prompt in each row."""
        vocabulary = self.processor.tokenizer.convert_tokens_to_ids("<|endoftext|>")
        ids = torch.tensor([token_ids(length + row, vocabulary)[row:] for row in range(rows)])
        prompt = self.prompt
        return {
            "input_ids": torch.cat([prompt["input_ids"].expand(rows, -1), ids], 1),
            "attention_mask": torch.ones(rows, self.length + length, dtype=torch.long),
            "mm_token_type_ids": torch.cat([prompt["mm_token_type_ids"].expand(rows, -1), torch.zeros_like(ids)], 1),
            "pixel_values": prompt["pixel_values"].repeat(rows, 1),
            "image_grid_thw": prompt["image_grid_thw"].repeat(rows, 1),
        }

    def score(self, rows, length):
        inputs = self.with_completions(rows, length)
        with torch.no_grad():
            logits = self.model(**inputs, logits_to_keep=length + 1, use_cache=False).logits[:, :-1]
            # Row by row, so that no float32 copy of all logits stands at once.
            return [
                logits[row].float().log_softmax(-1).gather(-1, inputs["input_ids"][row, self.length :, None])[:, 0].tolist()
                for row in range(rows)
            ]

    def generate(self, completions, tokens, on_token=None):
        import transformers

        config = self.model.config
        banned = [config.image_token_id, config.video_token_id, config.vision_start_token_id, config.vision_end_token_id]

        class Watch(transformers.StoppingCriteria):
            def __call__(self, ids, scores, **rest):
                if on_token:
                    on_token()
                return torch.zeros(ids.shape[0], dtype=torch.bool)

        with torch.no_grad():
            self.model.generate(
                **self.prompt,
                do_sample=True,
                temperature=1.0,
                top_k=0,
                top_p=1.0,
                repetition_penalty=1.0,
                num_return_sequences=completions,
                min_new_tokens=tokens,
                max_new_tokens=tokens,
                suppress_tokens=banned,
                stopping_criteria=[Watch()],
            )


def measure_score(args):
    loaded = Loaded(args)
    start = time.perf_counter()
    (log_probs,) = loaded.score(1, SCORED)
    return {"seconds": time.perf_counter() - start, "logProbs": log_probs, "promptTokens": loaded.length, "memory": peak_bytes()}


def measure_first(args):
    Loaded(args).generate(1, 1)
    return {"memory": peak_bytes()}


def measure_speed(args):
    loaded = Loaded(args)
    completions, tokens = args.completions, args.tokens

    def seconds(work):
        work()  # the first call sets up buffers
        times = []
        for _ in range(args.rounds):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    def prefill():
        with torch.no_grad():
            loaded.model(**loaded.prompt, logits_to_keep=1, use_cache=True)

    one = seconds(prefill)
    sequence = seconds(lambda: loaded.score(1, tokens))
    start = time.perf_counter()
    loaded.score(completions, tokens)
    group = time.perf_counter() - start
    stamps = []
    start = time.perf_counter()
    loaded.generate(completions, tokens, lambda: stamps.append(time.perf_counter()))
    return {
        "prefill": loaded.length / one,
        "scoring": (loaded.length + tokens) / sequence,
        "groupScoring": completions * tokens / group,
        "sampling": completions * (tokens - 1) / (stamps[-1] - stamps[0]),
        "samplingSeconds": stamps[-1] - start,
        "memory": peak_bytes(),
    }


def measure_step(args):
    import datasets
    import peft
    import torch
    import transformers
    import trl

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    seconds = {}

    def clock(owner, method, name):
        original = getattr(owner, method)

        def timed(*positional, **named):
            start = time.perf_counter()
            try:
                return original(*positional, **named)
            finally:
                seconds[name] = seconds.get(name, 0) + time.perf_counter() - start

        setattr(owner, method, timed)

    class Step(transformers.TrainerCallback):
        def on_step_begin(self, *_, **__):
            self.start = time.perf_counter()

        def on_step_end(self, *_, **__):
            seconds["step"] = time.perf_counter() - self.start

    model = transformers.Qwen2_5_VLForConditionalGeneration.from_pretrained(args.model, dtype=torch.bfloat16)
    config = model.config
    vision = [config.image_token_id, config.video_token_id, config.vision_start_token_id, config.vision_end_token_id]
    with tempfile.TemporaryDirectory() as directory:
        trainer = trl.GRPOTrainer(
            model=model,
            # Every second completion is right, so that the group has something to learn.
            reward_funcs=lambda completions, **_: [float(index % 2) for index in range(len(completions))],
            args=trl.GRPOConfig(
                output_dir=directory,
                per_device_train_batch_size=args.completions,
                gradient_accumulation_steps=1,
                num_generations=args.completions,
                max_completion_length=args.tokens,
                generation_kwargs={"min_new_tokens": args.tokens, "suppress_tokens": vision},
                temperature=1.0,
                top_k=0,
                top_p=1.0,
                beta=0.0,
                loss_type="dapo",
                learning_rate=1e-6,
                max_steps=1,
                bf16=False,
                use_cpu=True,
                gradient_checkpointing=True,
                shuffle_dataset=False,
                logging_strategy="no",
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                dataloader_pin_memory=False,
            ),
            train_dataset=datasets.Dataset.from_dict(
                {"prompt": [[{"role": "user", "content": args.question}]], "image": [picture(args)]}
            ),
            processing_class=transformers.AutoProcessor.from_pretrained(args.model),
            peft_config=peft.LoraConfig(
                r=args.rank,
                lora_alpha=2 * args.rank,
                lora_dropout=0.0,
                target_modules=r".*language_model\.layers\.\d+\.(self_attn|mlp)\.\w+_proj",
            ),
            callbacks=[Step()],
        )
        clock(trainer, "_generate", "sampling")
        clock(trainer, "_get_per_token_logps_and_entropies", "scoring")
        clock(trainer, "_prepare_inputs", "prepare")
        trained = sum(p.numel() for p in trainer.model.parameters() if p.requires_grad)
        trainer.train()
    return {
        "trained": trained,
        "sampling": seconds["sampling"],
        "scoring": seconds["scoring"],
        "update": seconds["step"] - seconds["prepare"] - seconds["scoring"],
        "step": seconds["step"],
        "memory": peak_bytes(),
    }


def versions():
    from importlib import metadata

    found = {"python": platform.python_version()}
    for name in ("torch", "transformers", "peft", "trl"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            pass
    return found


def in_own_process(name):
    """One measurement with the seconds from start to answer; an error instead when it failed."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *sys.argv, "--measure", name], capture_output=True, text=True)
    took = time.perf_counter() - start
    if done.returncode != 0:
        lines = [line for line in done.stderr.strip().split("\n") if line]
        return {"error": lines[-1] if lines else f"ended with {done.returncode}"}
    return {**json.loads(done.stdout), "sinceStart": took}


def main():
    args = arguments()
    if args.measure is None:
        found = {"versions": versions(), "threads": args.threads}
        for name in MEASUREMENTS:
            found[name] = in_own_process(name)
            print(f"{name}: {json.dumps(found[name])}", file=sys.stderr, flush=True)
        print(json.dumps(found))
        return
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    # Standard output is the answer; whatever libraries print goes elsewhere.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    measured = globals()[f"measure_{args.measure}"](args)
    answer.write(json.dumps({**measured, "versions": versions()}) + "\n")
    answer.flush()
    # Taking a model of many gigabytes apart is no part of a measurement.
    os._exit(0)


main()
