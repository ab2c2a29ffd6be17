"""What things are made of: colours that vary about those of metal, wood and leaves."""

from random import Random

from tlcore.drawing.canvas import Colour
from tlcore.drawing.textures import tinted


def any_leaf_colour(random: Random) -> Colour:
    return tinted(
        random,
        random.choice(
            (
                (0.25, 0.45, 0.12),
                (0.45, 0.58, 0.2),
                (0.7, 0.45, 0.12),
                (0.65, 0.2, 0.1),
                (0.2, 0.35, 0.22),
                (0.75, 0.65, 0.2),
            )
        ),
        0.08,
    )


def any_metal(random: Random) -> Colour:
    return tinted(
        random, random.choice(((0.62, 0.64, 0.66), (0.72, 0.58, 0.28), (0.35, 0.36, 0.38), (0.62, 0.4, 0.26))), 0.05
    )


def any_wood(random: Random) -> Colour:
    return tinted(random, random.choice(((0.62, 0.44, 0.26), (0.42, 0.28, 0.18), (0.8, 0.66, 0.44))), 0.06)
