"""Writes the test files of @cppo/dataset: small files with the columns of the published sets.

Every row is made up; only the layout is that of the published files. `expected.json` records what pyarrow itself reads
back, and sizes and hashes of the pictures as Pillow sees them.

    python tools/reference/dataset/make_fixtures.py
"""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import datasets
import numpy
import PIL
import pyarrow
import pyarrow.parquet as pq
from datasets import Dataset, Features, Image, Sequence, Value
from PIL import Image as Picture

OUT = Path(__file__).resolve().parents[3] / "packages/dataset/src/__fixtures__"
expected = {
    "versions": {
        "pyarrow": pyarrow.__version__,
        "datasets": datasets.__version__,
        "pillow": PIL.__version__,
    },
    "files": {},
}


def picture(seed, width=24, height=16, kind="PNG"):
    pixels = numpy.random.default_rng(seed).integers(0, 4, (height // 8, width // 8, 3), dtype=numpy.uint8) * 80
    buffer = io.BytesIO()
    Picture.fromarray(pixels).resize((width, height), Picture.NEAREST).save(buffer, kind)
    return buffer.getvalue()


def struct(seed, path=None, **options):
    return {"bytes": picture(seed, **options), "path": path}


def facts(image):
    data = image["bytes"]
    with Picture.open(io.BytesIO(data)) as opened:
        return {"sha256": hashlib.sha256(data).hexdigest(), "width": opened.width, "height": opened.height}


def note(name, image_column):
    table = pq.read_table(OUT / name)
    rows = table.to_pylist()
    groups = pq.ParquetFile(OUT / name).metadata.num_row_groups
    images = []
    for row in rows:
        held = row.get(image_column) if image_column else None
        held = held if isinstance(held, list) else [held] if held else []
        images.append([facts(image) for image in held if isinstance(image, dict) and image["bytes"]])

    def plain(value):
        if isinstance(value, bytes):
            return f"<{len(value)} bytes>"
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items()}
        if isinstance(value, list):
            return [plain(each) for each in value]
        return value

    expected["files"][name] = {"rows": [plain(row) for row in rows], "images": images, "rowGroups": groups}


def through_datasets(name, features, rows, image_column, codec=None, **options):
    """As the hub's files are written: by the datasets library."""
    Dataset.from_list(rows, features=Features(features)).to_parquet(OUT / name, **options)
    if codec:
        pq.write_table(pq.read_table(OUT / name), OUT / name, compression=codec)
    note(name, image_column)


def through_pyarrow(name, rows, image_column, schema=None, **options):
    pq.write_table(pyarrow.Table.from_pylist(rows, schema=schema), OUT / name, **options)
    note(name, image_column)


S = Value("string")

# Training sets -------------------------------------------------------------------------------------------------------
through_datasets(
    "geometry3k.parquet",
    {"images": Sequence(Image()), "problem": S, "answer": S, "id": Value("int64"), "choices": Sequence(S), "ground_truth": S},
    [
        {
            "images": [struct(row)],
            "problem": f"<image>Find x in figure {row}.",
            "answer": ["3 \\sqrt { 2 }", "48", "\\frac { 7 } { 2 }", "12.5", "90"][row],
            "id": 100 + row,
            "choices": ["1", "2", "3", "4"],
            "ground_truth": "ABCDA"[row],
        }
        for row in range(5)
    ],
    "images",
    batch_size=2,
)

through_pyarrow(
    "virl39k.parquet",
    [
        {
            "question": "<image>\nHow many squares are there?",
            "answer": "\\boxed{4}",
            "PassRate_32BTrained": 0.5,
            "PassRate_7BBase": 0.25,
            "category": "(GradeSchool) Geometric",
            "source": "Processed",
            "qid": "Processed-0001",
            "image": ["images/Processed-0001-0.png"],
        },
        {
            "question": "<image>\n<image>\nWhich one is larger?\nA. first\nB. second",
            "answer": "\\boxed{B}",
            "PassRate_32BTrained": 1.0,
            "PassRate_7BBase": 0.75,
            "category": "Spatial Reasoning",
            "source": "MMMath",
            "qid": "MMMath-0002",
            "image": ["images/MMMath-0002-0.png", "images/MMMath-0002-1.png"],
        },
    ],
    None,
    compression="zstd",
)
with zipfile.ZipFile(OUT / "images.zip", "w") as archive:
    for seed, name in enumerate(["Processed-0001-0", "MMMath-0002-0", "MMMath-0002-1"]):
        member = zipfile.ZipInfo(f"images/{name}.png", (2025, 1, 1, 0, 0, 0))
        member.compress_type = zipfile.ZIP_DEFLATED if seed else zipfile.ZIP_STORED
        archive.writestr(member, picture(40 + seed))
expected["zip"] = {
    f"images/{name}.png": facts(struct(40 + seed))
    for seed, name in enumerate(["Processed-0001-0", "MMMath-0002-0", "MMMath-0002-1"])
}

through_datasets(
    "clevr-count.parquet",
    {"image": Image(), "problem": S, "solution": S},
    [
        {
            "image": struct(10 + row, f"CLEVR_trainA_{row:06d}.png"),
            "problem": "How many items are there in the image?",
            "solution": f"<answer> {row + 3} </answer>",
        }
        for row in range(3)
    ],
    "image",
    codec="gzip",
)

through_datasets(
    "mmk12.parquet",
    {"id": S, "question": S, "answer": S, "subject": S, "image": Image()},
    [
        {
            "id": f"{row}",
            "question": f"<image> As shown, AB = {row + 2}. What is AC?",
            "answer": f"{row + 2}\\sqrt{{3}}",
            "subject": "math",
            "image": struct(20 + row, kind="JPEG"),
        }
        for row in range(2)
    ],
    "image",
)

through_pyarrow(
    "verl.parquet",
    [
        {
            "data_source": "hiyouga/geometry3k",
            "prompt": [
                {"role": "system", "content": "Answer briefly."},
                {"role": "user", "content": "<image><image>Are they alike? Put it in \\boxed{}."},
            ],
            "images": [{"bytes": picture(30), "path": None}, {"bytes": picture(31, 40, 32), "path": None}],
            "ability": "math",
            "reward_model": {"style": "rule", "ground_truth": "no"},
            "extra_info": {"split": "train", "index": 7, "answer": "no", "question": "Are they alike?"},
        }
    ],
    "images",
)

PARTS = pyarrow.list_(pyarrow.struct([("type", pyarrow.string()), ("text", pyarrow.string())]))
through_pyarrow(
    "trl.parquet",
    [
        {
            "prompt": [
                {
                    "role": "user",
                    "content": [{"type": "image", "text": None}, {"type": "text", "text": "What is the area?"}],
                }
            ],
            "solution": "<think>3 times 4</think>\n<answer>12</answer>",
            "image": {"bytes": picture(32), "path": "a.png"},
        }
    ],
    "image",
    schema=pyarrow.schema(
        [
            ("prompt", pyarrow.list_(pyarrow.struct([("role", pyarrow.string()), ("content", PARTS)]))),
            ("solution", pyarrow.large_string()),
            ("image", pyarrow.struct([("bytes", pyarrow.large_binary()), ("path", pyarrow.string())])),
        ]
    ),
    compression="none",
)

# Whole sets of faults: each row but the first is wrong in one way --------------------------------------------------------------
through_pyarrow(
    "faulty.parquet",
    [
        {"images": [struct(1)], "problem": "<image>Fine?", "answer": "yes"},
        {"images": [{"bytes": b"not a picture", "path": None}], "problem": "<image>Bad bytes?", "answer": "1"},
        {"images": [{"bytes": picture(2)[:60], "path": None}], "problem": "<image>Cut off?", "answer": "1"},
        {"images": [], "problem": "No image?", "answer": "1"},
        {"images": [struct(3)], "problem": "<image>No answer?", "answer": None},
        {"images": [struct(4)], "problem": "<image><image>One too few?", "answer": "1"},
        {"images": [{"bytes": None, "path": "gone.png"}], "problem": "<image>Missing?", "answer": "1"},
        {"images": None, "problem": "Null images?", "answer": "1"},
    ],
    None,
    row_group_size=3,
)

# A page index lets one row be read without its neighbours -------------------------------------------------------------------
through_pyarrow(
    "page-index.parquet",
    [{"image": struct(50 + row), "question": f"Number {row}?", "answer": str(row)} for row in range(12)],
    "image",
    write_page_index=True,
    data_page_size=256,
    use_dictionary=False,
)

# Text only, in many small row groups: linked fifty times it is a large set --------------------------------------
pq.write_table(
    pyarrow.table({"question": ["What number stands here?"] * 5000, "answer": [str(row) for row in range(5000)]}),
    OUT / "text.parquet",
    row_group_size=500,
    compression="zstd",
)

# Benchmarks ------------------------------------------------------------------------------------------------------------------
MATHVISTA = {
    "category": S, "context": S, "grade": S, "img_height": Value("int64"), "img_width": Value("int64"),
    "language": S, "skills": Sequence(S), "source": S, "split": S, "task": S,
}  # fmt: skip


def mathvista(pid, question, answer, question_type, answer_type, choices=None, unit=None, precision=None):
    return {
        "pid": pid, "question": question, "image": f"images/{pid}.jpg", "decoded_image": struct(60 + int(pid), kind="JPEG"),
        "choices": choices, "unit": unit, "precision": precision, "answer": answer, "question_type": question_type,
        "answer_type": answer_type, "query": f"Hint: …\nQuestion: {question}",
        "metadata": {
            "category": "general-vqa", "context": "natural image", "grade": "elementary school", "img_height": 16,
            "img_width": 24, "language": "english", "skills": ["arithmetic reasoning"], "source": "made up",
            "split": "testmini", "task": "figure question answering",
        },
    }  # fmt: skip


through_datasets(
    "mathvista.parquet",
    {
        "pid": S, "question": S, "image": S, "decoded_image": Image(), "choices": Sequence(S), "unit": S,
        "precision": Value("float64"), "answer": S, "question_type": S, "answer_type": S, "metadata": MATHVISTA, "query": S,
    },
    [
        mathvista("1", "How heavy is it?", "1.2", "free_form", "float", unit="kg", precision=1.0),
        mathvista("2", "How many are there?", "1000", "free_form", "integer"),
        mathvista("3", "Which part is blue?", "6/11", "multi_choice", "text", ["3/11", "8/11", "6/11", "3/5"]),
        mathvista("4", "Between which years is the peak?", "[2007, 2008]", "free_form", "list"),
    ],
    "decoded_image",
)  # fmt: skip

through_datasets(
    "dynamath.parquet",
    {"id": S, "question": S, "image": S, "decoded_image": Image(), "ground_truth": S, "answer_type": S, "subject": S, "knowledge_level": S},
    [
        {"id": "1", "question": "What is the slope?", "image": "images/1.png", "decoded_image": struct(70),
         "ground_truth": "1.333", "answer_type": "float", "subject": "analytic geometry", "knowledge_level": "high school"},
        {"id": "2", "question": "Is it even? choice: (A) even (B) odd", "image": "images/2.png", "decoded_image": struct(71),
         "ground_truth": "B", "answer_type": "multiple choice", "subject": "algebra", "knowledge_level": "high school"},
        {"id": "3", "question": "Which country?", "image": "images/3.png", "decoded_image": struct(72),
         "ground_truth": "Norway", "answer_type": "text", "subject": "scientific figure", "knowledge_level": "elementary school"},
    ],
    "decoded_image",
)  # fmt: skip


def we_math(identity, key, answer, seed):
    return {
        "ID": identity, "split": "testmini", "knowledge concept": "Angles", "question": "How large is the angle?",
        "option": "A. 30°; B. 45°;C. 60°; D. 90°; E. No correct answer", "answer": answer, "image_path": struct(seed),
        "key": key, "question number": seed, "knowledge concept description": "Angles: …",
    }  # fmt: skip


through_datasets(
    "we-math.parquet",
    {
        "ID": S, "split": S, "knowledge concept": S, "question": S, "option": S, "answer": S, "image_path": Image(),
        "key": S, "question number": Value("int64"), "knowledge concept description": S,
    },
    [we_math("p1", "2steps_1", "A", 80), we_math("p1", "2steps_2", "B", 81), we_math("p1", "2steps_multi", "C", 82)],
    "image_path",
)  # fmt: skip

through_datasets(
    "math-vision.parquet",
    {"id": S, "question": S, "options": Sequence(S), "image": S, "decoded_image": Image(), "answer": S, "solution": S,
     "level": Value("int64"), "subject": S},
    [
        {"id": "1", "question": "Which piece fits?\n<image1>", "options": ["A", "B", "C", "D", "E"], "image": "images/1.jpg",
         "decoded_image": struct(90), "answer": "D", "solution": None, "level": 2, "subject": "combinatorial geometry"},
        {"id": "2", "question": "<image1> What is the ratio?", "options": ["$1:2$", "$1:3$"], "image": "images/2.jpg",
         "decoded_image": struct(91), "answer": "B", "solution": None, "level": 4, "subject": "metric geometry - area"},
        {"id": "3", "question": "What is $x$ in <image1> and <image2>?", "options": [], "image": "images/3.jpg",
         "decoded_image": struct(92), "answer": "\\frac{3}{4}", "solution": "…", "level": 5, "subject": "algebra"},
    ],
    "decoded_image",
)  # fmt: skip

VERSE = {"split": S, "source": S, "subject": S, "subfield": S}
through_datasets(
    "mathverse.parquet",
    {"sample_index": S, "problem_index": S, "problem_version": S, "question": S, "image": Image(), "answer": S,
     "question_type": S, "metadata": VERSE, "query_wo": S, "query_cot": S, "question_for_eval": S},
    [
        {"sample_index": "1", "problem_index": "1", "problem_version": "Text Dominant",
         "question": "AB = 2. Find BC.\nChoices:\nA:2\nB:4", "image": struct(95), "answer": "B", "question_type": "multi-choice",
         "metadata": {"split": "testmini", "source": "made up", "subject": "Plane Geometry", "subfield": "Length"},
         "query_wo": "…", "query_cot": "…", "question_for_eval": "…"},
        {"sample_index": "2", "problem_index": "1", "problem_version": "Vision Only",
         "question": "", "image": struct(96), "answer": "x=-2", "question_type": "free-form",
         "metadata": {"split": "testmini", "source": "made up", "subject": "Functions", "subfield": "Property"},
         "query_wo": "…", "query_cot": "…", "question_for_eval": "…"},
    ],
    "image",
)  # fmt: skip

(OUT / "logicvista/images").mkdir(parents=True, exist_ok=True)
(OUT / "logicvista/images/v1_0.png").write_bytes(picture(97))
(OUT / "logicvista/dataset.json").write_text(
    json.dumps(
        {
            f"v1_{row}": {
                "imagename": "v1_0.png",
                "question": "Which choices (A, B, C or D) come next?",
                "answer": answer,
                "reasoning": "…",
                "skill": ["inductive"],
                "broad_capability": ["diagram"],
                "specific_capability": ["sequence pattern"],
                "imagesource": "made up",
            }
            for row, answer in enumerate(["C", "A, C"])
        },
        indent=1,
    )
)

through_datasets(
    "logicvista.parquet",
    {"question": S, "answer": S, "reasoning": S, "skill": Sequence(S), "broad_capability": Sequence(S),
     "specific_capability": Sequence(S), "imagesource": S, "id": S, "image": Image()},
    [
        {"question": "Which choices (A, B, C or D) come next?", "answer": "A, C", "reasoning": "…", "skill": ["inductive"],
         "broad_capability": ["diagram"], "specific_capability": ["sequence pattern"], "imagesource": "made up", "id": "v1_1",
         "image": struct(97)},
    ],
    "image",
)  # fmt: skip

through_datasets(
    "mmmu-pro-vision.parquet",
    {"id": S, "image": Image(), "options": S, "answer": S, "subject": S},
    [
        {"id": "test_History_1", "image": struct(98), "options": str(["It's 3", 'say "no"', "x\\y"]), "answer": "C", "subject": "History"},
        {"id": "test_Art_2", "image": struct(99), "options": str([f"choice {n}" for n in range(10)]), "answer": "J", "subject": "Art"},
    ],
    "image",
)  # fmt: skip

(OUT / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n")
