"""Explain a recipe's settings to learners: sections of text, made from the settings themselves.

A section may name a figure that belongs to it; the page that shows the text draws it from a run of the recipe. Words
about a figure are said only where the figure is there.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal, get_args

from tlcore.config import RunConfig
from tlcore.errors import TlcoreError, UnknownBackbone
from tlcore.models.architecture import PARTS
from tlcore.models.zoo import find_architecture
from tlcore.recipes.recipe import Recipe
from tlcore.training.optimisation.optimizers import OPTIMIZERS
from tlcore.training.optimisation.schedules import SCHEDULES
from tlcore.training.resolve import resolve
from tlcore.transforms.spec import CenterCrop, RandomResizedCrop, Resize, TransformSpec

Figure = Literal["images", "views", "changes", "rates", "losses", "accuracy", "predictions"]
"""`images`: training images with their labels. `views`: one of them as training and validation see it. `changes`: how
far the weights of each layer group moved. `rates`: learning rates over the epochs. `losses` and `accuracy`: by epoch.
`predictions`: test images with their predictions."""

EXERCISE, BETTER = "The exercise", "What it gets wrong, and this does right"
WORDS_OF_RECIPES = (EXERCISE, BETTER)
"""Titles of the sections whose text is part of the recipe, and so may come from anybody."""
GRID_IMAGES = 24
GALLERY_IMAGES = 20


@dataclass(frozen=True)
class Section:
    title: str
    text: str
    """Markdown."""
    figure: Figure | None = None
    about_figure: str = ""
    """Markdown that makes sense only beside the figure."""


FIGURES: frozenset[Figure] = frozenset(get_args(Figure))


def lesson(recipe: Recipe, figures: Collection[Figure] = FIGURES) -> list[Section]:
    """The sections of a recipe, in reading order. Settings without an effect have none.

    `figures` are those that can be drawn. Of the others nothing is said, and a section about nothing else is left out.
    Settings that the recipe leaves open are explained as what would be chosen for them.
    """
    config = chosen(recipe.config)
    explained = _OF_PREDICTION if recipe.task == "predict" else _OF_TRAINING
    sections = [_exercise(recipe), _better(recipe), *(explain(config) for explain in explained)]
    shown = [_with(section, figures) for section in sections if section is not None]
    return [section for section in shown if section.text]


def _with(section: Section, figures: Collection[Figure]) -> Section:
    """The section with the words about its figure, or without the figure."""
    if section.figure is None or section.figure not in figures:
        return Section(section.title, section.text)
    text = " ".join(filter(None, (section.text, section.about_figure)))
    return Section(section.title, text, section.figure)


def chosen(config: RunConfig) -> RunConfig:
    """With what is left open filled in; as it is where it names what this version does not have."""
    try:
        return resolve(config)
    except TlcoreError:
        return config


def _exercise(recipe: Recipe) -> Section | None:
    text = "\n\n".join(filter(None, (recipe.exercise, recipe.expect)))
    return Section(EXERCISE, text) if text else None


def _better(recipe: Recipe) -> Section | None:
    return Section(BETTER, recipe.better) if recipe.better else None


def _images(config: RunConfig) -> Section:
    return Section(
        "Look at the images first",
        "",
        "images",
        f"{GRID_IMAGES} training images with their labels. Is a person sure about each of them? A label that you would "
        "not give, the network cannot learn, and an image that is cut off or tiny says little at any size.",
    )


def _views(config: RunConfig) -> Section | None:
    train, evaluation = config.train_transform, config.eval_transform
    if train is None or evaluation is None:
        return None
    crop = next((step for step in train.operations if isinstance(step, RandomResizedCrop)), None)
    if crop is None:
        if train.is_random:
            return None
        return Section(
            "One view of each image",
            f"Training and validation see the same: {_in_words(evaluation)}. There is nothing random in it, so that "
            "every epoch brings the very same pictures; a network that is large for them learns them by heart. Then "
            "the training loss goes on falling while the validation loss climbs.",
            "views",
        )
    flips = any(step.op == "RandomHorizontalFlip" for step in train.operations)
    flipped = " Half of the views are mirrored, because an ant that looks to the left is an ant." if flips else ""
    squeezed = next(
        (
            step
            for step in train.operations
            if isinstance(step, Resize) and isinstance(step.size, tuple | list) and step.size[0] == step.size[1]
        ),
        None,
    )
    square = (
        f" Before it, every image is squeezed into a square of {_first(squeezed.size)} px, whatever its shape."
        if squeezed is not None
        else ""
    )
    low, high = (f"{100 * bound:g} %" for bound in crop.scale)
    return Section(
        "Random crops to learn from, one fixed crop to be measured by",
        f"In each epoch RandomResizedCrop cuts another box out of each image, with {low} to {high} of its area, and "
        f"brings it to {crop.size} × {crop.size} px. The thing is now large, now small, now at the edge: the network "
        "cannot lean on where it is, and no two epochs bring the same pixels, so that few images go a long way."
        f"{flipped}{square}\n\n"
        f"Validation and test ask something else: how good is it *now*? There a random crop would add noise, and a box "
        f"of {low} may miss the thing altogether. So they see one view, always the same: {_in_words(evaluation)}. That "
        "is why the training accuracy can be below the validation accuracy: its pictures are harder.",
        "views",
    )


def _normalise(config: RunConfig) -> Section | None:
    spec = config.eval_transform
    if spec is None:
        return None
    numbers = ", ".join(f"{value:g}" for value in spec.mean)
    if config.strategy.name == "from_scratch":
        why = "A network that begins at random can take any scale, and learns quicker where values are around zero."
    else:
        why = (
            "Not the numbers of these images, but those that the weights were trained with: with others, each filter "
            "would see pictures that are darker or paler than all it knows."
        )
    words = f"The channel means {numbers} are taken off, and the rest is divided by the channels' spread. {why}"
    return Section("The numbers that go in", words)


def _frozen(config: RunConfig) -> Section | None:
    strategy = config.strategy
    if strategy.name == "feature_extraction":
        return Section(
            "Frozen, and in evaluation mode",
            "Only the new last layer learns. The rest turns an image into some hundreds or thousands of numbers, its "
            f"features. {_learned_before(config)}\n\n"
            "Frozen takes two things. Without gradients, the optimiser leaves the weights alone. But a BatchNorm layer "
            "in training mode also keeps running averages of what passes through it, gradients or not, and dropout "
            "goes on drawing: after an epoch the *frozen* network is another one. `eval()` on the frozen layers stops "
            "both.",
            "changes",
            "Below is how far each group of layers moved from where it began: zero means frozen.",
        )
    if strategy.name == "fine_tuning" and _weights(config) != "none":
        kept = f" Groups up to {strategy.freeze_up_to} are frozen." if strategy.freeze_up_to else ""
        if strategy.unfreeze_every:
            kept += (
                f" Not all learn at once: the last group begins alone, and every {strategy.unfreeze_every} epochs the "
                "next one, towards the first layers, joins. So the first layers are left alone until the new last "
                "layer no longer sends back noise."
            )
        if strategy.head_epochs:
            alone = "first epoch trains" if strategy.head_epochs == 1 else f"first {strategy.head_epochs} epochs train"
            kept += (
                f" The {alone} the new last layer alone, on features that are computed once"
                f"{_with_rate(strategy.head_learning_rate)}. The others join when it no longer guesses."
            )
        if strategy.batch_norm == "keep":
            kept += (
                " BatchNorm layers go on normalising with the means and variances that came with the weights: those "
                "of a small batch would be an estimate from a handful of images."
            )
        title = "All layers learn on"
        if strategy.unfreeze_every:
            title = "The layers learn on, one group after the other"
        elif strategy.freeze_up_to:
            title = "The later layers learn on"
        return Section(
            title,
            "The pretrained values are where the training begins, not what it keeps. The new last layer starts at "
            "random, and what it sends back in the first steps is noise: with a high rate that noise would wash out "
            f"what the other layers know. So the rate is low, and a few epochs do.{kept}",
            "changes",
            "Below is how far each group of layers moved, relative to its size.",
        )
    return Section(
        "From nothing",
        "Every weight starts at random, so the first layers have to find edges and colours by themselves. That takes "
        "many images; with a few hundred, pretrained weights win by far.",
        "changes",
    )


def _with_rate(rate: float | None) -> str:
    return "" if rate is None else f", with a learning rate of {rate:g}"


def _weights(config: RunConfig) -> str:
    """The named weights, or else the backbone's default."""
    if config.model.weights is not None:
        return config.model.weights
    try:
        return find_architecture(config.model.backbone).default_weights
    except UnknownBackbone:
        return "imagenet"


def _learned_before(config: RunConfig) -> str:
    """What the frozen features were learned from, as far as the settings say."""
    weights = _weights(config)
    if weights == "none":
        return "They come from random weights here: nothing was learned before, so they tell little."
    if weights == "pretrained":
        return (
            "They were learned from a large collection of images, mostly photographs, and need no improvement to tell "
            "most things in photographs apart."
        )
    if weights.partition(":")[0] == "imagenet":
        return (
            "They were learned from a million photographs, and need no improvement to tell most things in photographs "
            "apart."
        )
    return "They were learned on whatever the file of weights was trained with: the closer to these images, the better."


def _rates(config: RunConfig) -> Section | None:
    strategy = config.strategy
    decay = strategy.learning_rate_decay or 1.0
    if not strategy.learning_rates and decay == 1:
        return None
    meanings = {
        "features": "the convolutions",
        "classifier": "hidden linear layers before the last one, where the backbone has some",
        "head": "the new last layer",
    }
    rates = dict(strategy.learning_rates)
    if config.optimizer.learning_rate is not None:
        rates.setdefault("head", config.optimizer.learning_rate)
    listed = "".join(
        f"\n* `{name}`{', ' + meanings[name] if name in PARTS else ''}: {rate:g}" for name, rate in rates.items()
    )
    if decay < 1:
        listed += f"\n* each group of layers {decay:g} times the rate of the next"
    return Section(
        "Different learning rates",
        "The first layers see edges, textures and colours, which are the same in every photograph: hardly anything "
        "there needs to change. The last layer has never seen these classes. One rate for both is too high for the "
        f"one or too low for the other, so each part has its own:\n{listed}",
        "rates",
    )


def _steps(config: RunConfig) -> Section:
    optimizer, batch = config.optimizer, config.batch_size
    entry = OPTIMIZERS.get(optimizer.name)  # a recipe from elsewhere may use names that this version does not have
    label, how = (optimizer.name, "takes the steps") if entry is None else (entry.label, entry.words(optimizer))
    rate = "" if optimizer.learning_rate is None else f" with a learning rate of {optimizer.learning_rate:g}"
    small = (
        " Batches this small make noisy steps, and BatchNorm, where it learns, estimates a mean from a handful of "
        "images."
        if batch <= 8
        else ""
    )
    return Section(
        "The steps",
        f"{label}{rate} {how}. A step is taken after every {batch} "
        f"images.{small} The loss is the cross-entropy: the surprise, in nats, at the true class. A coin toss "
        "between two classes costs 0.69.",
        "losses",
    )


def _schedule(config: RunConfig) -> Section | None:
    schedule = config.schedule
    entry = SCHEDULES.get(schedule.name or "constant")
    words = "" if entry is None else entry.words(schedule)
    if not words:
        return None
    return Section("A learning rate that changes", words, None if config.strategy.learning_rates else "rates")


def _checkpoints(config: RunConfig) -> Section:
    return Section(
        "What the checkpoints show",
        f"All {config.epochs} epochs are saved, and epoch 0, before the first step: its head guesses. The epoch to "
        "keep is chosen on validation images. Chosen by its test accuracy, the best-looking epoch owes a part of its "
        "lead to luck, and loses it on new images.",
        "accuracy",
        "The band around each point is its 95 % interval, what chance alone does with that many images; where bands "
        "overlap by much, epochs cannot be told apart.",
    )


def _predictions(config: RunConfig) -> Section:
    return Section(
        "What it says",
        "",
        "predictions",
        f"{GALLERY_IMAGES} images that it did not learn from, the surest mistakes first. Some are mistakes of the "
        "label, some a person would make, too, and some tell what the network really looks at.",
    )


_Explain = Callable[[RunConfig], Section | None]
_OF_TRAINING: tuple[_Explain, ...] = (
    _images,
    _views,
    _normalise,
    _frozen,
    _rates,
    _steps,
    _schedule,
    _checkpoints,
    _predictions,
)
_OF_PREDICTION: tuple[_Explain, ...] = (_normalise,)


def _in_words(spec: TransformSpec) -> str:
    steps = []
    for step in spec.operations:
        if isinstance(step, Resize):
            exact = isinstance(step.size, tuple | list)
            steps.append(f"the {'image' if exact else 'shorter side'} brought to {_first(step.size)} px")
        elif isinstance(step, CenterCrop):
            steps.append(f"the middle {_first(step.size)} × {_first(step.size)} px")
        else:
            steps.append(step.op)
    return ", then ".join(steps) or "the image as it is"


def _first(size: int | tuple[int, int]) -> int:
    return size if isinstance(size, int) else size[0]
