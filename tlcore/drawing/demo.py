"""One picture of the demo dataset: an insect of a class in some place, as a camera saw it."""

import json
import math
import sys
from random import Random

from PIL import Image

from tlcore.drawing.backgrounds import BACKGROUNDS, draw_clutter
from tlcore.drawing.canvas import Light, Placement, draw
from tlcore.drawing.insects import INSECTS
from tlcore.drawing.photograph import Camera, photograph

SIZES_PX = ((256, 256), (288, 216), (320, 240), (320, 200), (216, 288), (240, 320), (272, 256), (384, 192))
"""(width, height), chosen at random."""


def draw_insect(kind: str, seed: str) -> Image.Image:
    """A picture of an insect of that kind, a name in `INSECTS`. The same seed gives the same picture."""
    random = Random(f"demo {kind} {seed}")
    width, height = random.choice(SIZES_PX)
    light = Light.any(random)
    scene = BACKGROUNDS[random.choice(list(BACKGROUNDS))](random, height, width, light)
    draw_clutter(random, scene, light, random.randint(0, 5))
    size_px = min(height, width) * random.choice((random.uniform(0.3, 0.6), random.uniform(0.55, 0.95)))
    place = Placement(
        x=width / 2 + random.uniform(-0.5, 0.5) * max(0.0, width - size_px),
        y=height / 2 + random.uniform(-0.5, 0.5) * max(0.0, height - size_px),
        size=size_px,
        turn=random.uniform(0, 2 * math.pi),
        squash=random.uniform(0.6, 1),
        squash_turn=random.uniform(0, math.pi),
    )
    draw(scene, INSECTS[kind](random), place, light)
    draw_clutter(random, scene, light, random.choice((0, 0, 1, 2)))  # some of it in front of the insect
    return photograph(random, scene, Camera.any(random))


def main() -> None:
    """Draw what standard input asks for: a JSON list of [kind, seed, path]. A line on standard output per picture."""
    for kind, seed, path in json.load(sys.stdin):
        draw_insect(kind, seed).save(path, "JPEG", quality=90)
        print(path, flush=True)


if __name__ == "__main__":
    main()
