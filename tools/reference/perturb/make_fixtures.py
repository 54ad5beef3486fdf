"""Output pixels of torchvision and Pillow with fixed parameters, for the tests of @cppo/perturb.

    python tools/reference/perturb/make_fixtures.py

Writes packages/perturb/src/__fixtures__/torchvision.json. Pixels are interleaved RGB, deflated, in base64.
"""

import base64
import json
import pathlib
import platform
import zlib

import numpy
import PIL
import torch
import torch.nn.functional
import torchvision
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

torch.set_num_threads(1)
TARGET = pathlib.Path(__file__).parents[3] / "packages/perturb/src/__fixtures__/torchvision.json"


def packed(image):
    if isinstance(image, torch.Tensor):
        image = image.permute(1, 2, 0).contiguous().numpy()
    return base64.b64encode(zlib.compress(numpy.asarray(image, dtype=numpy.uint8).tobytes(), 9)).decode()


def picture(width, height, seed):
    """Smooth colours, hard edges, black, white and noise in one."""
    generator = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    red = 127 + 120 * numpy.sin(x / 5.0 + seed)
    green = 255.0 * y / max(1, height - 1)
    blue = 127 + 120 * numpy.cos((x + 2 * y) / 7.0)
    pixels = numpy.stack([red, green, blue], -1)
    third = width // 3
    pixels[height // 4 : height // 2, :third] = generator.integers(0, 256, (height // 2 - height // 4, third, 3))
    pixels[-4:, : width // 2] = 255
    pixels[:3, width // 2 :] = 0
    return Image.fromarray(pixels.astype(numpy.uint8))


def tensor(image):
    return torch.from_numpy(numpy.array(image)).permute(2, 0, 1).contiguous()


COLOR = {"brightness": F.adjust_brightness, "contrast": F.adjust_contrast, "saturation": F.adjust_saturation}


def color_jitter(image, steps, factors):
    for step in steps:
        image = COLOR[step](image, factors[step])
    return image


def authors_blur(image, size, sigma):
    """The CPPO authors' own blur, from its description: zero padding, truncation to 8 bits."""
    radius = size // 2
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float32)
    kernel = torch.exp(-(offsets**2) / (2 * sigma * sigma))
    kernel /= kernel.sum()
    pixels = (tensor(image).float() / 255).unsqueeze(0)
    pixels = torch.nn.functional.conv2d(pixels, kernel.view(1, 1, -1, 1).repeat(3, 1, 1, 1), padding="same", groups=3)
    pixels = torch.nn.functional.conv2d(pixels, kernel.view(1, 1, 1, -1).repeat(3, 1, 1, 1), padding="same", groups=3)
    return pixels.squeeze(0).clamp(0, 1).mul(255).byte()


def main():
    images = [picture(31, 23, 1), picture(16, 27, 2)]
    fixture = {
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "torchvision": torchvision.__version__,
            "pillow": PIL.__version__,
            "numpy": numpy.__version__,
        },
        "images": [{"width": i.width, "height": i.height, "data": packed(i)} for i in images],
        "cases": [],
    }

    def case(name, index, options, pil, torch_tensor=None):
        fixture["cases"].append(
            {
                "name": name,
                "image": index,
                "options": options,
                "pil": packed(pil),
                **({"tensor": packed(torch_tensor)} if torch_tensor is not None else {}),
            }
        )

    # The tensor backend's pixels are kept only for what the tests say about it.
    for step in COLOR:
        for factor in (0.37, 1.53):
            order = [step]
            values = {step: factor}
            case(
                "colorJitter",
                0,
                {**values, "order": order},
                color_jitter(images[0], order, values),
                color_jitter(tensor(images[0]), order, values),
            )
    orders = [
        ["brightness", "contrast", "saturation"],
        ["brightness", "saturation", "contrast"],
        ["contrast", "brightness", "saturation"],
        ["contrast", "saturation", "brightness"],
        ["saturation", "brightness", "contrast"],
        ["saturation", "contrast", "brightness"],
    ]
    factors = [(0.2, 0.2, 0.2), (1.3, 1.8, 1.8), (0.73, 1.41, 0.66), (1.11, 0.37, 1.53), (1.0, 1.2, 1.0), (0.0, 1.0, 0.0)]
    for at, order in enumerate(orders):
        for b, c, s in (factors[at], factors[(at + 2) % 6]):
            values = {"brightness": b, "contrast": c, "saturation": s}
            case("colorJitter", at % 2, {**values, "order": order}, color_jitter(images[at % 2], order, values))

    for index, image in enumerate(images):
        w, h = image.size
        for degrees in (10, -10, 3.7, 90, 217.3) if index == 0 else (-0.4, 0, 45, 90, 180):
            nearest = InterpolationMode.NEAREST
            with_tensor = index == 0 and degrees != 90
            case(
                "rotate",
                index,
                {"degrees": degrees},
                F.rotate(image, degrees, nearest),
                F.rotate(tensor(image), degrees, nearest) if with_tensor else None,
            )
        start = [[0, 0], [w - 1, 0], [w - 1, h - 1], [0, h - 1]]
        for corners in (
            start,
            [[3, 1], [w - 2, 2], [w - 4, h - 3], [1, h - 1]],
            [[0, 2], [w - 3, 0], [w - 1, h - 2], [2, h - 3]],
            [[-5, -4], [w + 3, 2], [w - 4, h + 6], [1, h - 1]],
        ):
            bilinear = InterpolationMode.BILINEAR
            case(
                "perspective",
                index,
                {"corners": corners, "probability": 1},
                F.perspective(image, start, corners, bilinear, 0),
                F.perspective(tensor(image), start, corners, bilinear, [0.0, 0.0, 0.0]) if index == 0 else None,
            )
        for size, sigma in ((3, 1.0), (5, 0.8), (9, 3.0)) if index == 0 else ((3, 1.0),):
            kernel = {"kernelSize": size, "sigma": sigma}
            case("gaussianBlur", index, kernel, F.gaussian_blur(image, [size, size], [sigma, sigma]))
            case("gaussianBlur", index, {**kernel, "padding": "zero"}, authors_blur(image, size, sigma))
        for left, top, width, height in (
            (5, 4, int(w * 0.6), int(h * 0.6)),
            (1, 2, int(w * 0.7), int(h * 0.7)),
            (w - 3, 0, 3, 1),
        ):
            cropped = image.crop((left, top, left + width, top + height))
            resized = F.resize(tensor(cropped), [h, w], InterpolationMode.BILINEAR, antialias=True)
            case(
                "zoomCrop",
                index,
                {"window": {"left": left, "top": top, "width": width, "height": height}},
                cropped.resize((w, h), Image.BILINEAR),
                resized if index == 0 else None,
            )
        for degrees, shear in ((45, 20), (-31.5, -12.25), (10, 0), (0, 20)):
            case(
                "affine",
                index,
                {"degrees": degrees, "shear": shear},
                F.affine(image, degrees, [0, 0], 1.0, [shear, 0.0], InterpolationMode.NEAREST),
            )
    for bits in (1, 2, 5, 8):
        case("posterize", 0, {"bits": bits}, F.posterize(images[0], bits))
    for threshold in (0, 128, 255):
        case("solarize", 0, {"threshold": threshold}, F.solarize(images[0], threshold))
    case("invert", 0, {}, F.invert(images[0]))
    case("verticalFlip", 0, {}, F.vflip(images[0]))

    TARGET.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(case) for case in fixture.pop("cases"))
    TARGET.write_text(json.dumps(fixture)[:-1] + ', "cases": [\n' + lines + "\n]}\n")
    print(TARGET.name, TARGET.stat().st_size, "bytes")


main()
