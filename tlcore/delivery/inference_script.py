"""Write a Python script that classifies images with exported weights, without this project if possible.

The script prepares images as this project does: it repeats the rules of `tlcore.data.pixels` for colours, transparency,
bit depth and orientation. A test compares both on every kind of image.
"""

from collections.abc import Sequence

from tlcore.data.pixels.colour import WHITE_12_BIT, WHITE_16_BIT
from tlcore.data.pixels.cost import WHOLE_PIXELS
from tlcore.evaluation.answers import Answers
from tlcore.models.zoo import architecture_of
from tlcore.runs.folder.run import Run
from tlcore.transforms.sizes import SPARE
from tlcore.transforms.spec import Resize, TransformSpec

_START = '''\
"""Names the most likely classes of an image. Paste it anywhere, with the weights in the current folder."""

import math

import numpy as np
import torch
from PIL import Image

try:
    from pillow_heif import register_heif_opener
except ImportError:  # only HEIC photographs need it: pip install pillow-heif
    pass
else:
    register_heif_opener()

'''

_PREPARE = '''

def load_image(path):
    """An upright 8-bit RGB image, as the network was trained with."""
    image = Image.open(path)
    width, height = image.size
    factor, unpacked = reduced_jpeg(image)
    least = max(factor, reduction(image.size))
    if least > 1:
        image.draft(None, (width // least, height // least))
    image.load()
    rgb = to_rgb(image)
    if factor > 1 and (width % factor or height % factor):  # the decoder rounds the sides up
        rgb = rgb.resize(unpacked, Image.Resampling.BICUBIC, (0, 0, width / factor, height / factor))
    factor = reduction(image.size)
    return upright(rgb if factor == 1 else rgb.reduce(factor), image)


def reduced_jpeg(image):
    """By what the sides of a large JPEG are divided when it is unpacked, and the width and height that this gives."""
    if RESIZE is None or image.format not in ("JPEG", "MPO"):
        return 1, image.size
    turned = orientation_of(image) in (5, 6, 7, 8)
    height, width = image.size if turned else image.size[::-1]
    resized = (RESIZE, RESIZE) if isinstance(RESIZE, int) else RESIZE
    spare = min(height / resized[0], width / resized[1]) / SPARE
    factor = next((factor for factor in (8, 4, 2) if factor <= spare), 1)
    short, long = sorted((-(-height // factor), -(-width // factor)))
    if isinstance(RESIZE, int):  # rounded so that resizing gives the same size as from all pixels
        wanted = int(RESIZE * max(height, width) / min(height, width))
        long = next((long + by for by in (0, -1, 1, -2, 2) if int(RESIZE * (long + by) / short) == wanted), long)
    height, width = (short, long) if height <= width else (long, short)
    return factor, (height, width) if turned else (width, height)


def reduction(size):
    """The factor by which the sides of very large images are divided."""
    return 2 ** max(0, math.ceil(math.log2(size[0] * size[1] / WHOLE_PIXELS) / 2))


def orientation_of(image):
    try:
        return image.getexif().get(0x0112)
    except Exception:  # damaged EXIF beside sound pixels
        return None


def upright(rgb, image):
    orientation = orientation_of(image)
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    return rgb.transpose(turns[orientation]) if orientation in turns else rgb


def to_rgb(image):
    """Grey of 12, 16 and 32 bits is scaled to 8, and what is transparent is laid on white."""
    if image.mode == "F" or image.mode.startswith("I"):
        return Image.fromarray(np.rint(to_255(np.asarray(image), image.mode)).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        rgba = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")


def to_255(values, mode):
    values = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = values.min(), values.max()
    if low < 0 or high > (255 if mode == "F" else WHITE_16_BIT):
        return (values - low) / max(high - low, 1e-300) * 255
    if mode == "F":
        return values * 255 if high <= 1 else values
    return values * (255 / WHITE_12_BIT) if high <= WHITE_12_BIT else values / (WHITE_16_BIT / 255)
'''

_END = '''

def predict(path):
    """Classes with their probabilities, the most likely first."""
    with torch.inference_mode():
        logits = model(transform(load_image(path))[None])
    probabilities = (logits / TEMPERATURE).softmax(1)[0].tolist()
    return sorted(zip(CLASSES, probabilities), key=lambda pair: -pair[1])


def answer(path):
    """The most likely class, or "not sure" if it is less probable than the threshold."""
    name, probability = predict(path)[0]
    return name if probability >= THRESHOLD else "not sure"


print(predict("photo.jpg")[:3])  # an image of yours
'''


def inference_script(run: Run, weights_file: str, answers: Answers) -> str:
    """The script for a run's network; `weights_file` is the name of its exported state_dict in the same folder, and
    `answers` is how its epoch answers."""
    evaluation = run.config.eval_transform
    transform = evaluation.source().removeprefix("import torch\n")
    imports, expression = _model_code(run)
    settings = (
        f"\nWEIGHTS = {weights_file!r}\nWHOLE_PIXELS = {WHOLE_PIXELS}  # larger images are made smaller first\n"
        f"RESIZE, SPARE = {_resize(evaluation)}, {SPARE}  # a JPEG keeps so many times this size; None: all pixels\n"
        f"WHITE_12_BIT, WHITE_16_BIT = {WHITE_12_BIT}, {WHITE_16_BIT}\n"
        f"TEMPERATURE, THRESHOLD = {answers.temperature!r}, {answers.threshold!r}  # of probabilities; of an answer\n"
        f"CLASSES = [\n{_listed(run.classes)}]\n\n"
        f"model = {expression}\n"
        'model.load_state_dict(torch.load(WEIGHTS, map_location="cpu", weights_only=True))\nmodel.eval()\n'
    )
    return f"{_START}{imports}\n{transform}{settings}{_PREPARE}{_END}"


def _model_code(run: Run) -> tuple[str, str]:
    """The import, and the expression that builds the network for the weights."""
    return architecture_of(run.config).code(len(run.classes), pretrained=run.config.model.weights != "none")


def _resize(evaluation: TransformSpec) -> int | tuple[int, int] | None:
    """The size that decides in `TransformSpec.reduction`; None if JPEGs are unpacked in full. An evaluation transform
    is not random, so its first operation is a Resize, or a CenterCrop that needs all pixels."""
    first = next(iter(evaluation.operations), None)
    return first.size if evaluation.decode == "reduced" and isinstance(first, Resize) else None


def _listed(classes: Sequence[str]) -> str:
    return "".join(f"    {name!r},\n" for name in classes)
