"""List the recipes, or explain one: exercises that people learn from, as settings to train with.

`train --recipe NAME` trains one.
"""

import argparse
import json

from tlcore.recipes.recipe import Recipe


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="a recipe, or its .json file, to explain; without one, list all")
    parser.add_argument("--json", action="store_true", help="the recipe itself, as a file to change and share")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.recipes.saved import find_recipe

    if arguments.name is None:
        _list()
    elif arguments.json:
        print(json.dumps(find_recipe(arguments.name).model_dump(mode="json"), indent=2, ensure_ascii=False))
    else:
        _explain(find_recipe(arguments.name))
    return 0


def _list() -> None:
    from tlcore.cli.display import console, note, print_table
    from tlcore.recipes.fitting import missing_data
    from tlcore.recipes.saved import damaged_recipes, list_recipes

    rows = [
        (
            recipe.name,
            recipe.title,
            recipe.config.model.backbone,
            recipe.config.data.source,
            "yes" if not missing_data(recipe) else "no",
        )
        for recipe in list_recipes()
    ]
    print_table("Recipes", ["name", "what", "backbone", "data", "here"], rows, left=5)
    for problem in damaged_recipes().values():
        note(f"Left out: {problem}")
    console().print(
        "Explain one: python -m tlcore recipes NAME. Train one: python -m tlcore train --recipe NAME, with --data PATH "
        "for a copy of the data elsewhere, --backbone and --weights for another network.",
        markup=False,
    )


def _explain(recipe: Recipe) -> None:
    from rich.markdown import Markdown

    from tlcore.cli.display import console
    from tlcore.recipes.fitting import missing_data
    from tlcore.recipes.lesson import lesson

    out = console()
    parts = [f"# {recipe.title}", recipe.summary]
    parts += [f"## {section.title}\n\n{section.text}" for section in lesson(recipe, figures=())]
    out.print(Markdown("\n\n".join(parts)))
    if missing := missing_data(recipe):
        out.print(missing, markup=False)
