"""The built-in recipes, one entry each. `lesson` makes the text that explains their settings."""

from typing import Any

from tlcore.config import RunConfig
from tlcore.recipes.recipe import Recipe
from tlcore.transforms.spec import CenterCrop, RandomHorizontalFlip, RandomResizedCrop, Resize, TransformSpec

_CROPPED = TransformSpec(operations=(Resize(size=256), CenterCrop(size=224)), decode="reduced")
_PLAIN_28 = TransformSpec(
    operations=(Resize(size=28), CenterCrop(size=28)), mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), decode="reduced"
)
_PLAIN_32 = _PLAIN_28.model_copy(update={"operations": (Resize(size=32), CenterCrop(size=32))})
_RANDOM = _CROPPED.model_copy(update={"operations": (RandomResizedCrop(size=224), RandomHorizontalFlip())})
_RANDOM_HALF = _CROPPED.model_copy(
    update={"operations": (RandomResizedCrop(size=224, scale=(0.5, 1.0)), RandomHorizontalFlip())}
)

_SGD = {"name": "sgd", "learning_rate": 1e-3, "momentum": 0.9}
# The exercises train all layers from the first step, and let BatchNorm follow each batch
_ALL_AT_ONCE = {"name": "fine_tuning", "learning_rate_decay": 1.0, "head_epochs": 0, "batch_norm": "update"}

_ANTS_BEES: dict[str, Any] = {
    "data": "photographs of ants and bees in class folders, 244 to train on and 153 to validate",
    "data_from": (
        "Unpack https://download.pytorch.org/tutorial/hymenoptera_data.zip: the folder hymenoptera_data holds "
        "train/ants, train/bees, val/ants and val/bees."
    ),
    "drawn": ("ant", "bee", "ant", "bee"),
}
_VAL_ONLY = (
    "The best of 25 epochs is chosen on the same 153 photographs that it is then reported on, which flatters it, and "
    "the last percent are an image or two. Here every figure has its 95 % interval, the optimism of choosing is said, "
    "and epochs are compared by a paired test."
)

_DEMO: dict[str, Any] = {
    "data": "drawn insects of six classes, 220 to train on, 110 to validate and 220 to test: Transfer Lab's own",
    "drawn": ("ant", "bee", "beetle", "butterfly"),
}
_ONE_RUN = (
    "One run is one draw: with 220 test images, chance alone moves its accuracy by about 4 points either way, and "
    "another seed or another processor moves it too. That is why a stated figure is the mean of five seeds, and their "
    "range stands beside it."
)

_ENTRIES = (
    Recipe(
        name="demo-frozen",
        title="Insects: a frozen network and a new head",
        summary="The quickest form of transfer: the network stays as it is, and one layer learns. Seconds on a CPU.",
        config=RunConfig.model_validate(
            {
                "data": {"source": "demo"},
                "model": {"backbone": "efficientnet_lite0"},
                "strategy": {"name": "feature_extraction"},
                "epochs": 15,
            }
        ),
        expect="Measured here: 90.2 % on test, the mean of 5 seeds (89.1 to 91.4 %), each at the epoch that val chose.",
        exercise=(
            "A small network that learned from the photographs of ImageNet turns each image into features. They are "
            "computed once, because the network does not change, and a new last layer learns from them for 15 epochs. "
            "Train this one first, then the same network fine-tuned and from scratch, and put the three side by side "
            "on the Compare page.\n\n" + _ONE_RUN
        ),
        **_DEMO,
    ),
    Recipe(
        name="demo-fine-tuned",
        title="Insects: the same network, fine-tuned",
        summary="All layers learn on from what they know. Much slower: minutes in place of seconds.",
        config=RunConfig.model_validate(
            {
                "data": {"source": "demo"},
                "model": {"backbone": "efficientnet_lite0"},
                "strategy": {"name": "fine_tuning"},
                "epochs": 15,
            }
        ),
        expect="Measured here: 92.1 % on test, the mean of 5 seeds (90.9 to 92.7 %), each at the epoch that val chose.",
        exercise=(
            "The network begins with the same weights as in the frozen lesson. At first the new last layer learns "
            "alone, as in that lesson; then every layer is trained, with a lower learning rate and on random crops. "
            "From then on nothing can be computed beforehand: each epoch sends all images through the whole network. "
            "Whether that pays is for the Compare page to say: its paired test takes the two runs image by image.\n\n"
            + _ONE_RUN
        ),
        **_DEMO,
    ),
    Recipe(
        name="demo-from-scratch",
        title="Insects: the same network from scratch",
        summary="No weights to begin with: what the pretrained ones are worth.",
        config=RunConfig.model_validate(
            {
                "data": {"source": "demo"},
                "model": {"backbone": "efficientnet_lite0"},
                "strategy": {"name": "from_scratch"},
                "epochs": 15,
            }
        ),
        expect="Measured here: 26.2 % on test, the mean of 3 seeds (19.1 to 33.6 %). Guessing finds 18 %.",
        exercise=(
            "The architecture, the images and the number of epochs are those of the other two lessons; only the "
            "weights are random at the start. From 220 images in 15 epochs such a network learns next to nothing, and "
            "it takes as long as fine-tuning.\n\n" + _ONE_RUN
        ),
        **_DEMO,
    ),
    Recipe(
        name="ants-bees-resnet18",
        title="Ants and bees: fine-tune all of ResNet-18",
        summary="The first transfer-learning exercise of most people: all layers learn on, slowly.",
        config=RunConfig.model_validate(
            {
                "data": {"source": "hymenoptera_data"},
                "model": {"backbone": "resnet18"},
                "strategy": _ALL_AT_ONCE,
                "train_transform": _RANDOM,
                "eval_transform": _CROPPED,
                "optimizer": _SGD,
                "schedule": {"name": "step", "step_epochs": 7, "gamma": 0.1},
                "epochs": 25,
                "batch_size": 4,
            }
        ),
        expect=(
            "The exercise states no figure. "
            "Measured here, with another network (mobilenet_v2): 81.7 % on val; batches of 4 are hard on BatchNorm."
        ),
        exercise=(
            "A residual network that knows ImageNet gets a new last layer for two classes, and all of it is trained "
            "with SGD in batches of four, 25 times over 244 photographs. The learning rate falls to a tenth after "
            "every seventh epoch, and the epoch with the best validation accuracy is restored at the end."
        ),
        better=_VAL_ONLY
        + " All epochs stay on disk, not only the best one, and the run can be stopped and resumed without a change in "
        "its numbers.",
        **_ANTS_BEES,
    ),
    Recipe(
        name="ants-bees-resnet18-frozen",
        title="Ants and bees: ResNet-18 as a feature extractor",
        summary="The same photographs and the same views, but only the new last layer learns.",
        config=RunConfig.model_validate(
            {
                "data": {"source": "hymenoptera_data"},
                "model": {"backbone": "resnet18"},
                "strategy": {"name": "feature_extraction"},
                "train_transform": _RANDOM,
                "eval_transform": _CROPPED,
                "cached_views": 25,
                "optimizer": _SGD,
                "schedule": {"name": "step", "step_epochs": 7, "gamma": 0.1},
                "epochs": 25,
                "batch_size": 4,
            }
        ),
        expect=(
            "The exercise states no figure. Measured here, with another network (frozen mobilenet_v2): 96.7 % on val."
        ),
        exercise=(
            "The network is frozen by taking the gradients off its parameters; a new last layer with two outputs is "
            "all that the optimiser gets. Everything else is as in the fine-tuning exercise."
        ),
        better=(
            "Taking the gradients off does not freeze BatchNorm: in training mode its running statistics follow the "
            "new photographs all the same, and the features move under the layer that is learning to read them. Here "
            "frozen layers stay in evaluation mode. And what does not change is computed once: the features of the 25 "
            "random views are kept, so that a second run, with another learning rate say, takes seconds. " + _VAL_ONLY
        ),
        **_ANTS_BEES,
    ),
    Recipe(
        name="cats-dogs-resnet18",
        title="Cats and dogs: every epoch saved, every epoch tested",
        summary="A frozen ResNet-18, Adam, 13 epochs: which of the 13 files should one keep?",
        config=RunConfig.model_validate(
            {
                "data": {"source": "cats-dogs"},
                "model": {"backbone": "resnet18"},
                "strategy": {"name": "feature_extraction"},
                "train_transform": {
                    "operations": (Resize(size=(256, 256)), RandomResizedCrop(size=224), RandomHorizontalFlip())
                },
                "eval_transform": {"operations": (Resize(size=224), CenterCrop(size=224))},
                "cached_views": 13,
                "optimizer": {"name": "adam", "learning_rate": 1e-3},
                "epochs": 13,
                "batch_size": 32,
            }
        ),
        data="photographs of cats and dogs in class folders, in the exercise 385 to train on and 98 to test",
        data_from=(
            "Any photographs do: the folder holds train/Cat, train/Dog, test/Cat and test/Dog. A val folder may stand "
            "beside them; without one, 15 % of the training images choose the epoch."
        ),
        expect="The exercise states 90.8 % on test at best, 93.5 % in training, in 11 min 49 s on a CPU.",
        exercise=(
            "The head of a frozen ResNet-18 is trained for 13 epochs. Each is saved to a file of its own; afterwards "
            "all files are loaded one by one and evaluated on the test images, a grid shows 24 labelled images, and a "
            "gallery 20 predictions. The best test accuracy is reported, 0.908."
        ),
        better=(
            "Choosing among 13 epochs by their test accuracy makes that accuracy optimistic: with 98 images, chance "
            "alone lifts the best of 13 by about two points. Here an epoch is chosen on validation images that are set "
            "aside, the test images report, and the page says how optimistic the best-looking epoch is. All 13 files "
            "share one frozen network, so they are evaluated in one pass over the images instead of 13, and stored "
            "once. Resizing to 256 × 256 first squeezes every photograph to a square: it is kept, because the "
            "exercise does it, and the playground shows what it does to a wide picture."
        ),
    ),
    Recipe(
        name="ants-bees-vgg16",
        title="Ants and bees: VGG-16, the last layer only",
        summary="Before and after one epoch: an untrained head guesses, and then it does not.",
        config=RunConfig.model_validate(
            {
                "data": {"source": "hymenoptera_data"},
                "model": {"backbone": "vgg16"},
                "strategy": {"name": "feature_extraction"},
                "train_transform": _RANDOM_HALF,
                "eval_transform": _CROPPED,
                "cached_views": 2,
                "optimizer": _SGD,
                "epochs": 2,
                "batch_size": 32,
                "seed": 1234,
            }
        ),
        expect=(
            "The exercise states 49.7 % on val untrained, 96.1 % after an epoch. "
            "Measured here, mobilenet_v2: 94.1 % after two."
        ),
        exercise=(
            "The last of VGG-16's three linear layers, `classifier.6`, is replaced by one with two outputs and trained "
            "for two epochs. The network is evaluated before the first step, too: 0.497 on the validation images, a "
            "coin toss, and 0.961 an epoch later."
        ),
        better=(
            "Here epoch 0 is part of every curve, whatever the recipe, so that the first point is honest. Dropout in "
            "the frozen layers is off while the head learns. VGG-16 has 134 million parameters of which six "
            "thousandths of a percent are trained, and its file takes 528 MB: the features are computed once, and "
            "the frozen part is stored once, not with every epoch."
        ),
        **_ANTS_BEES,
    ),
    Recipe(
        name="ants-bees-vgg16-finetune",
        title="Ants and bees: VGG-16 with three learning rates",
        summary="The deeper a layer knows the world, the slower it should forget it.",
        config=RunConfig.model_validate(
            {
                "data": {"source": "hymenoptera_data"},
                "model": {"backbone": "vgg16"},
                "strategy": {**_ALL_AT_ONCE, "learning_rates": {"features": 1e-4, "classifier": 5e-4}},
                "train_transform": _RANDOM_HALF,
                "eval_transform": _CROPPED,
                "optimizer": _SGD,
                "schedule": {"name": "constant"},
                "epochs": 2,
                "batch_size": 32,
                "seed": 1234,
            }
        ),
        expect=(
            "The exercise states no figure. "
            "Measured here, with mobilenet_v2: 86.3 % on val, below the last layer alone (94.1 %)."
        ),
        exercise=(
            "All of VGG-16 is trained, in three groups: the convolutions (`features`) at 1e-4, the two hidden linear "
            "layers (`classifier.0` and `classifier.3`) at 5e-4, and the new last layer (`classifier.6`) at 1e-3. "
            "The seed is fixed at 1234."
        ),
        better=(
            "The exercise lists parameter names by hand, which works for VGG alone. Here the three rates are set for "
            "`features`, `classifier` and `head`, and the table of layer groups says what these are in the chosen "
            "backbone; what has no hidden linear layers has two rates. The seed covers the order of the images and "
            "every random crop, so that the same seed on the same machine gives the same numbers, also after an "
            "interruption."
        ),
        **_ANTS_BEES,
    ),
    Recipe(
        name="fashion-mnist",
        title="FashionMNIST: a small network from scratch",
        summary="Ten kinds of clothing, 28 × 28 pixels: 60,000 images are enough to begin at random.",
        config=RunConfig.model_validate(
            {
                "data": {"source": "FashionMNIST"},
                "model": {"backbone": "small_cnn"},
                "strategy": {"name": "from_scratch"},
                "train_transform": _PLAIN_28,
                "eval_transform": _PLAIN_28,
                "optimizer": {"name": "sgd", "learning_rate": 1e-3, "momentum": 0.0},
                "epochs": 5,
                "batch_size": 64,
            }
        ),
        data="70,000 grey images of clothing, in torchvision's own files, or any table of file names and labels",
        data_from=(
            "The same images as files will do: a table with a line of file,label for each, and a column `split` where "
            "some are for testing."
        ),
        expect="The exercise states no figure. Guessing finds 10 % of the ten classes.",
        exercise=(
            "The quick start of most courses: load FashionMNIST from torchvision, train a small network with SGD at "
            "1e-3 in batches of 64 for five epochs on the cross-entropy. Then write a dataset class of one's own that "
            "reads the same images from a CSV of file names and labels."
        ),
        better=(
            "The exercise watches the test images during the training and stops where they look good. Here 15 % of the "
            "training images are set aside to choose on. A table needs no class of one's own: columns are found by "
            "name, and a missing, broken or misplaced file is named with its line. Plain SGD at 1e-3 is slow, and five "
            "epochs do not end it: the curves still fall, and the learning-rate finder says how much more it could be."
        ),
    ),
    Recipe(
        name="cifar10-cnn",
        title="CIFAR-10: one convolution, two linear layers",
        summary="The loss every 100 batches, weights saved, loaded again, tested: the whole loop by hand.",
        config=RunConfig.model_validate(
            {
                "data": {"source": "CIFAR10"},
                "model": {"backbone": "cifar_cnn"},
                "strategy": {"name": "from_scratch"},
                "train_transform": _PLAIN_32,
                "eval_transform": _PLAIN_32,
                "optimizer": {"name": "sgd", "learning_rate": 1e-2, "momentum": 0.9},
                "epochs": 10,
                "batch_size": 128,
                "report_every": 100,
            }
        ),
        data="60,000 colour images of ten classes, in torchvision's own files",
        expect="The exercise states no figure. Guessing finds 10 % of the ten classes.",
        exercise=(
            "Images are brought to the range from -1 to 1, and go through a convolution of 16 filters of 5 × 5, a "
            "pooling, and linear layers of 3,136 → 128 → 10. SGD trains it in batches of 128 and prints the loss every "
            "so many batches. The weights are saved, loaded into a new network, and tested. The exercise leaves the "
            "learning rate and the number of epochs open: here they are 0.01, with momentum 0.9, and 10."
        ),
        better=(
            "Of the loss of single batches one sees mostly noise: here each printed figure is the mean of the batches "
            "since the last one, and every epoch is validated on images that are set aside. Saving and loading is not "
            "a step that can be forgotten: every epoch is on disk, and the evaluation reads those files."
        ),
    ),
    Recipe(
        name="imagenet-predict",
        title="Ask a network what it sees",
        summary="Any photograph, any pretrained network, the five likeliest of 1,000 classes. Nothing is trained.",
        task="predict",
        config=RunConfig.model_validate(
            {
                "data": {"source": "photographs"},
                "model": {"backbone": "vgg16"},
                "eval_transform": {"operations": (Resize(size=224), CenterCrop(size=224))},
            }
        ),
        data="a photograph of yours, or a folder of some",
        data_from="",
        expect=(
            "The exercise names one golden retriever. Measured with mobilenet_v2: 42 of 50 named at once, 47 in five."
        ),
        exercise=(
            "A pretrained VGG-16 gets a photograph, resized to 224 pixels, cropped in the centre, and normalised as "
            "ImageNet was; the name of the largest of its 1,000 outputs is the answer."
        ),
        better=(
            "The largest output alone hides how sure the network is: here the five likeliest classes come with their "
            "probabilities, and a map shows which part of the photograph speaks for each. The network must be in "
            "evaluation mode, or dropout gives another answer each time. What is not among the 1,000 classes gets one "
            "of them all the same."
        ),
    ),
)

BUILTIN: dict[str, Recipe] = {entry.name: entry for entry in _ENTRIES}
