"""Visitors of a hosted dashboard who have one thing of each kind, with a secret word in what these show."""

import random
from dataclasses import dataclass
from pathlib import Path

import pytest

import tlcore
from tests.support.audit import Audit, new_word
from tests.support.photographs import photograph
from tlcore.config import RunConfig
from tlcore.hosting.spaces.links import make_link
from tlcore.hosting.spaces.visitors import new_visitor, sign, space_of
from tlcore.recipes.recipe import Recipe
from tlcore.recipes.saved import save_recipe
from tlcore.runs.folder.label import save_label
from tlcore.system.home import in_space
from tlcore.transforms.presets import AUGMENTATIONS
from tlcore.transforms.saved import save_transform
from tlcore.transforms.spec import TransformSpec

SPLITS = {"train": 4, "val": 2, "test": 2}
"""Images of each class."""
_QUICK = {
    "epochs": 1,
    "model": {"backbone": "small_cnn", "weights": "none"},
    "strategy": {"name": "from_scratch"},
    "device": "cpu",
    "precision": "fp32",
}


@dataclass(frozen=True)
class Neighbour:
    """The secret word is in the names of a class, the recipe and the transform, and in that given to the run."""

    number: int
    visitor: str
    cookie: str
    word: str
    dataset: str
    source: str
    """The path of the dataset."""
    image: str
    """The id of the second test image, which is its path below the dataset."""
    run: str
    run_path: Path
    recipe: str
    """The name of its file, without the word; that of the transform is the word."""
    token: str
    """Of a link to the dataset."""


def move_in(host: Path, number: int, dataset: str, plant: str) -> Neighbour:
    """A new visitor of the host with this home, with a small dataset, an evaluated run, a recipe and a transform.

    `plant` is the first class of the dataset.
    """
    word = new_word(random.Random(number))
    classes = [plant, f"{word} clover"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCORE_HOME", str(host))
        visitor = new_visitor()
        space = space_of(visitor)
        source = space.home / "datasets" / dataset
        for place, (split, images) in enumerate(SPLITS.items()):
            for label in classes:
                (source / split / label).mkdir(parents=True)
                for image in range(images):
                    seed = 1000 * number + 100 * place + image
                    photograph(32, 32, seed=seed).save(source / split / label / f"{image}.png")
        with in_space(space):
            run = tlcore.train({**_QUICK, "data": {"source": str(source)}})
            tlcore.evaluate(run)
            save_label(run.path, f"run of {word}")
            recipe = Recipe(name=f"of-{number}", title=f"By {word}", config=RunConfig.model_validate({"epochs": 3}))
            save_recipe(recipe)
            save_transform(word, TransformSpec(operations=AUGMENTATIONS["gentle"](224, "bilinear")))
            token = make_link(source)
        return Neighbour(
            number=number,
            visitor=visitor,
            cookie=sign(visitor),
            word=word,
            dataset=dataset,
            source=str(source),
            image=f"test/{plant}/1.png",
            run=run.name,
            run_path=run.path,
            recipe=recipe.name,
            token=token,
        )


def audit_of(*neighbours: Neighbour) -> Audit:
    """It notices the word of one of them in what another one receives."""
    return Audit({each.word.encode(): each.number for each in neighbours})
