"""Small image files of every kind with the pixels Pillow reads from them, for the codec's tests.

    python tools/reference/perturb/make_image_files.py

Writes packages/perturb/src/__fixtures__/image-files.json: file bytes in base64; pixels interleaved RGB, deflated, in base64,
as `ImageOps.exif_transpose(image).convert("RGB")` gives them, and laid on white where the file has transparency.
"""

import base64
import io
import json
import pathlib
import struct
import zlib

import numpy
import PIL
from PIL import Image, ImageCms, ImageOps

TARGET = pathlib.Path(__file__).parents[3] / "packages/perturb/src/__fixtures__/image-files.json"
WIDTH, HEIGHT = 19, 13

y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH]
rgb = numpy.stack([(x * 13) % 256, (y * 19) % 256, ((x + y) * 8) % 256], -1).astype(numpy.uint8)
alpha = ((x * 37 + y * 13) % 256).astype(numpy.uint8)
colour = Image.fromarray(rgb)
gray = colour.convert("L")
rgba = Image.fromarray(numpy.dstack([rgb, alpha]))


def encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png16(samples, colour_type):
    """Pillow writes no 16-bit colour PNG, so this does."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    height, width = samples.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + samples[row].astype(">u2").tobytes() for row in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


palette = colour.convert("P", palette=Image.ADAPTIVE, colors=16)
other = Image.fromarray(255 - rgb)
wide = rgb.astype(numpy.uint32) * 257 + (x % 7)[..., None] * 30
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
files = {
    "colour.png": encoded(colour, "PNG"),
    "colour.jpg": encoded(colour, "JPEG", quality=90),
    "chroma subsampled.jpg": encoded(colour, "JPEG", quality=70, subsampling=2),
    "progressive.jpg": encoded(colour, "JPEG", progressive=True),
    "profile.jpg": encoded(colour, "JPEG", icc_profile=profile),
    "transparent.png": encoded(rgba, "PNG"),
    "gray.png": encoded(gray, "PNG"),
    "gray.jpg": encoded(gray, "JPEG"),
    "gray transparent.png": encoded(Image.merge("LA", [gray, Image.fromarray(alpha)]), "PNG"),
    "palette.png": encoded(palette, "PNG"),
    "palette transparent.png": encoded(palette, "PNG", transparency=3),
    "one bit.png": encoded(colour.convert("1"), "PNG"),
    "sixteen bit.png": png16(wide.clip(0, 65535), 2),
    "sixteen bit transparent.png": png16(numpy.dstack([rgb.astype(numpy.uint32) * 257, alpha.astype(numpy.uint32) * 257]), 6),
    "cmyk.jpg": encoded(colour.convert("CMYK"), "JPEG", quality=95),
    **{f"orientation {o}.jpg": encoded(colour, "JPEG", exif=turned(o)) for o in range(1, 9)},
    "orientation 6.png": encoded(colour, "PNG", exif=turned(6)),
    "animated.gif": encoded(colour, "GIF", save_all=True, append_images=[other]),
    "animated.webp": encoded(colour, "WEBP", save_all=True, append_images=[other], lossless=True),
    "animated.png": encoded(colour, "PNG", save_all=True, append_images=[other]),
    "colour.webp": encoded(colour, "WEBP", quality=80),
    "colour.tif": encoded(colour, "TIFF"),
}


def bmp(bits, rows, compression=0, masks=b"", palette=b"", height=HEIGHT):
    """A BMP file of rows from the lowest up, or from the highest down where the height is negative."""
    size = sum(map(len, rows))
    start = 54 + len(masks) + len(palette)
    head = struct.pack("<2sIHHI", b"BM", start + size, 0, 0, start)
    info = struct.pack("<IiiHHIIiiII", 40, WIDTH, height, 1, bits, compression, size, 0, 0, len(palette) // 4, 0)
    return head + info + masks + palette + b"".join(rows)


def padded(row):
    return row + bytes(-len(row) % 4)


def run_lengths(row):
    coded = b""
    while row:
        count = next((at for at, value in enumerate(row) if value != row[0]), len(row))
        coded += bytes([count, row[0]])
        row = row[count:]
    return coded + bytes([0, 0])


wide = rgb.astype(numpy.uint16) >> 3
five = (wide[..., 0] << 10 | wide[..., 1] << 5 | wide[..., 2]).astype("<u2")
six = (wide[..., 0] << 11 | (rgb[..., 1].astype(numpy.uint16) >> 2) << 5 | wide[..., 2]).astype("<u2")
coarse = (x // 4 * 10).astype(numpy.uint8)
shades = b"".join(bytes([value, value, value, 0]) for value in range(256))
upward = range(HEIGHT - 1, -1, -1)
picture = Image.fromarray(rgb)
files |= {
    "colour.bmp": encoded(picture, "BMP"),
    "gray.bmp": encoded(picture.convert("L"), "BMP"),
    "palette.bmp": encoded(picture.quantize(16), "BMP"),
    "one bit.bmp": encoded(picture.convert("1"), "BMP"),
    "downward.bmp": bmp(24, [padded(rgb[row, :, ::-1].tobytes()) for row in range(HEIGHT)], height=-HEIGHT),
    "555.bmp": bmp(16, [padded(five[row].tobytes()) for row in upward]),
    "565.bmp": bmp(
        16, [padded(six[row].tobytes()) for row in upward], 3, struct.pack("<III", 0xF800, 0x7E0, 0x1F)
    ),
    "32 bits.bmp": bmp(
        32, [numpy.dstack([rgb[row : row + 1, :, ::-1], alpha[row : row + 1] * 0]).tobytes() for row in upward]
    ),
    "run lengths.bmp": bmp(
        8,
        [run_lengths(coarse[row].tobytes()) for row in upward] + [bytes([0, 1])],
        1,
        palette=shades,
    ),
}


def packed(image):
    return base64.b64encode(zlib.compress(image.tobytes(), 9)).decode()


lines = []
for name, content in files.items():
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    expected = image.convert("RGB")
    entry = {"name": name, "mode": image.mode, "width": expected.width, "height": expected.height}
    entry["file"] = base64.b64encode(content).decode()
    entry["pixels"] = packed(expected)
    if image.mode in ("RGBA", "LA") or "transparency" in image.info:
        # As qwen-vl-utils' to_rgb.
        layer = image.convert("RGBA")
        white = Image.new("RGB", layer.size, (255, 255, 255))
        white.paste(layer, mask=layer.split()[3])
        entry["onWhite"] = packed(white)
    lines.append(json.dumps(entry))

# Pillow clips 16-bit grey to 255; the tests expect the high byte instead.
ramp = (numpy.arange(WIDTH * HEIGHT).reshape(HEIGHT, WIDTH) * 263 % 65536).astype(numpy.uint16)
gray16 = encoded(Image.fromarray(ramp), "PNG")
clipped = Image.open(io.BytesIO(gray16)).convert("RGB")
assert numpy.array_equal(numpy.array(clipped)[..., 0], numpy.minimum(ramp, 255))
lines.append(
    json.dumps(
        {
            "name": "sixteen bit gray.png",
            "mode": "I;16",
            "width": WIDTH,
            "height": HEIGHT,
            "file": base64.b64encode(gray16).decode(),
            "pixels": packed(Image.fromarray((ramp >> 8).astype(numpy.uint8)).convert("RGB")),
        }
    )
)

TARGET.parent.mkdir(parents=True, exist_ok=True)
head = json.dumps({"versions": {"pillow": PIL.__version__, "numpy": numpy.__version__}})
TARGET.write_text(head[:-1] + ', "files": [\n' + ",\n".join(lines) + "\n]}\n")
print(TARGET.name, TARGET.stat().st_size, "bytes")
