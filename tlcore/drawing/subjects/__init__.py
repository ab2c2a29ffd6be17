"""What the drawn world shows: a function for each class gives the parts of one, of length about 1."""

from collections.abc import Callable
from random import Random

from tlcore.drawing.canvas import Part
from tlcore.drawing.subjects.aircraft import AIRCRAFT
from tlcore.drawing.subjects.beasts import BEASTS
from tlcore.drawing.subjects.belongings import BELONGINGS
from tlcore.drawing.subjects.blossoms import BLOSSOMS
from tlcore.drawing.subjects.blueprints import CREATURES
from tlcore.drawing.subjects.buildings import BUILDINGS
from tlcore.drawing.subjects.crawlers import CRAWLERS
from tlcore.drawing.subjects.crustaceans import CRUSTACEANS
from tlcore.drawing.subjects.fittings import FITTINGS
from tlcore.drawing.subjects.fruits import FRUITS
from tlcore.drawing.subjects.household import HOUSEHOLD
from tlcore.drawing.subjects.leaves import LEAVES
from tlcore.drawing.subjects.playthings import PLAYTHINGS
from tlcore.drawing.subjects.shore import SHORE
from tlcore.drawing.subjects.signs import SIGNS
from tlcore.drawing.subjects.swimmers import SWIMMERS
from tlcore.drawing.subjects.tentacled import TENTACLED
from tlcore.drawing.subjects.tools import TOOLS
from tlcore.drawing.subjects.vehicles import VEHICLES

Drawing = Callable[[Random], list[Part]]

PLIABLE: dict[str, Drawing] = {
    **SWIMMERS,
    **CRAWLERS,
    **BEASTS,
    **CRUSTACEANS,
    **SHORE,
    **TENTACLED,
    **CREATURES,
    **LEAVES,
    **BLOSSOMS,
    **FRUITS,
}
"""What grows or lives, and may be bent."""

STIFF: dict[str, Drawing] = {
    **TOOLS,
    **FITTINGS,
    **HOUSEHOLD,
    **BELONGINGS,
    **PLAYTHINGS,
    **VEHICLES,
    **AIRCRAFT,
    **BUILDINGS,
    **SIGNS,
}
