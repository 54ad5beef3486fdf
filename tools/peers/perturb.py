"""Images per second of the CPPO authors' perturbations in Pillow and torchvision, one thread.

    python tools/peers/perturb.py [--width 448] [--height 448] [--seconds 2]

Prints one JSON row for each, named as in packages/bench/src/speed/perturb.ts and measured in the same way on the same picture.

Counted is what a call takes from a decoded picture to a decoded view: a PIL image in, a PIL image out, the draw of the parameters
included. cppoVerl makes two views a call, one of each kind, as makeViews does; both count as images, also where RandomPerspective
hands back the picture as it is, which both sides do half of the time.
"""

import argparse
import json
import platform
import random
import time

import numpy
import PIL
import torch
import torchvision
from PIL import Image
from torchvision import transforms

CALLS_PER_BATCH = 20


def picture(width, height):
    y, x = numpy.mgrid[0:height, 0:width]
    channels = [(x * (c + 1) + y * (3 - c)) // 4 + (((x ^ y) & 7) << 2) for c in range(3)]
    return Image.fromarray((numpy.stack(channels, -1) & 255).astype(numpy.uint8))


def occlude(image):
    """Fifty rectangles of noise."""
    image = image.copy()
    width, height = image.size
    for _ in range(50):
        across = int(random.uniform(0.05, 0.15) * width)
        down = int(random.uniform(0.05, 0.15) * height)
        place = random.randint(0, width - across), random.randint(0, height - down)
        noise = numpy.uint8(numpy.random.rand(down, across, 3) * 255)
        image.paste(Image.fromarray(noise), place)
    return image


def zoom_crop(image):
    """A window of 0.6 to 0.7 of both sides, enlarged."""
    width, height = image.size
    scale = random.uniform(0.6, 0.7)
    across, down = int(width * scale), int(height * scale)
    left, top = random.randint(0, width - across), random.randint(0, height - down)
    return image.crop((left, top, left + across, top + down)).resize((width, height), Image.BILINEAR)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=448)
    parser.add_argument("--height", type=int, default=448)
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    torch.set_num_threads(1)
    random.seed(0)
    torch.manual_seed(0)

    jitter = transforms.ColorJitter((0.2, 1.3), (0.2, 1.8), (0.2, 1.8))
    perspective = transforms.RandomPerspective(distortion_scale=0.2, p=0.5)
    always = transforms.RandomPerspective(distortion_scale=0.2, p=1.0)
    rotate = transforms.RandomRotation(10)
    preserving = [jitter, perspective, rotate]
    removing = [occlude, zoom_crop]
    subjects = {
        "colorJitter": (1, jitter),
        "perspective": (1, always),
        "rotate": (1, rotate),
        "gaussianBlur": (1, transforms.GaussianBlur(3, 1.0)),
        "occlude": (1, occlude),
        "zoomCrop": (1, zoom_crop),
        "cppoVerl": (2, lambda image: (random.choice(preserving)(image), random.choice(removing)(image))),
    }
    image = picture(options.width, options.height)
    versions = f"Pillow {PIL.__version__}, torchvision {torchvision.__version__}, Python {platform.python_version()}"
    for name, (views, make) in subjects.items():

        def batch():
            start = time.perf_counter()
            for _ in range(CALLS_PER_BATCH):
                make(image)
            return time.perf_counter() - start

        warm = time.perf_counter() + options.seconds / 10
        while True:
            batch()
            if time.perf_counter() >= warm:
                break
        batches = []
        begin = time.perf_counter()
        while True:
            batches.append(batch() / (CALLS_PER_BATCH * views) * 1000)
            if time.perf_counter() >= begin + options.seconds:
                break
        elapsed = time.perf_counter() - begin
        images = len(batches) * CALLS_PER_BATCH * views
        batches.sort()
        row = {
            "name": name,
            "images": images,
            "imagesPerSecond": images / elapsed,
            "medianMilliseconds": batches[len(batches) // 2],
            "fastestMilliseconds": batches[0],
            "with": versions,
        }
        print(json.dumps(row), flush=True)


main()
