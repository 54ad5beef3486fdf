"""A random Qwen2.5-VL small enough to commit."""

import torch
from transformers import GenerationConfig, Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor
from transformers import Qwen2VLImageProcessor, Qwen2VLVideoProcessor

import tiny_tokenizer


def config(tokenizer, tie=True, hidden=16, vocabulary=None):
    token = tokenizer.convert_tokens_to_ids
    return Qwen2_5_VLConfig(
        text_config=dict(
            vocab_size=vocabulary or len(tokenizer), hidden_size=hidden, intermediate_size=24, num_hidden_layers=2,
            num_attention_heads=2, num_key_value_heads=1, rms_norm_eps=1e-6, tie_word_embeddings=tie,
            max_position_embeddings=512, bos_token_id=None, eos_token_id=token("<|im_end|>"),
            pad_token_id=token("<|endoftext|>"),
            rope_parameters=dict(rope_type="default", rope_theta=1e6, mrope_section=[hidden // 4 - 2, 1, 1]),
        ),
        vision_config=dict(
            depth=2, hidden_size=8, intermediate_size=12, num_heads=2, out_hidden_size=hidden, patch_size=4,
            temporal_patch_size=2, spatial_merge_size=2, window_size=16, fullatt_block_indexes=[1], tokens_per_second=2,
        ),
        image_token_id=token("<|image_pad|>"), video_token_id=token("<|video_pad|>"),
        vision_start_token_id=token("<|vision_start|>"), vision_end_token_id=token("<|vision_end|>"),
        tie_word_embeddings=tie,
    )


CHAT_TEMPLATE = (
    "{% set image_count = namespace(value=0) %}{% for message in messages %}"
    "{% if loop.first and message['role'] != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ message['role'] }}\n{% if message['content'] is string %}{{ message['content'] }}<|im_end|>\n"
    "{% else %}{% for part in message['content'] %}{% if part['type'] == 'image' %}"
    "{% set image_count.value = image_count.value + 1 %}{% if add_vision_id %}Picture {{ image_count.value }}: {% endif %}"
    "<|vision_start|><|image_pad|><|vision_end|>{% elif 'text' in part %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>\n"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def processor(tokenizer):
    return Qwen2_5_VLProcessor(
        image_processor=Qwen2VLImageProcessor(patch_size=4, min_pixels=256, max_pixels=8192), tokenizer=tokenizer,
        video_processor=Qwen2VLVideoProcessor(patch_size=4), chat_template=CHAT_TEMPLATE,
    )


def build(tie=True, seed=0, **sizes):
    tokenizer = tiny_tokenizer.build()
    torch.manual_seed(seed)
    model = Qwen2_5_VLForConditionalGeneration(config(tokenizer, tie, **sizes)).eval()
    model.generation_config = GenerationConfig(
        do_sample=True, temperature=1e-6, repetition_penalty=1.05, pad_token_id=tokenizer.pad_token_id,
        eos_token_id=[tokenizer.eos_token_id, tokenizer.pad_token_id],
    )
    return model, processor(tokenizer)
