"""Trains the built-in backbone on the drawn world and saves its weights in half precision.

python -m pretraining.draw --folder /tmp/world
python -m pretraining.train --folder /tmp/world --out tlcore/models/small_resnet.safetensors
"""

import argparse
import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from tlcore.models.small_resnet import SmallResNet
from tlcore.models.zoo import find_architecture
from tlcore.system.allocator import keep_freed_memory
from tlcore.system.device import choose_device

TRAIN_PX = 112  # smaller than the 128 px of evaluation: Touvron et al. (2019)
HELD_OUT = 20  # per class, for the printed accuracy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--learning-rate", type=float, default=0.004)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    keep_freed_memory()
    images = np.load(arguments.folder / "images.npy", mmap_mode="r")
    targets = torch.from_numpy(np.load(arguments.folder / "targets.npy"))
    classes = (arguments.folder / "classes.txt").read_text().split()
    train, held_out = _split(targets, len(classes))
    choice = choose_device("auto", "auto")
    model = SmallResNet(len(classes)).to(choice.device).to(memory_format=choice.memory_format)
    optimizer = torch.optim.AdamW(_with_and_without_decay(model, 0.05), lr=arguments.learning_rate)
    steps = arguments.epochs * (len(train) // arguments.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, arguments.learning_rate, total_steps=steps, pct_start=0.15
    )
    start, cpu = time.perf_counter(), time.process_time()
    for epoch in range(1, arguments.epochs + 1):
        model.train()
        total = torch.zeros(())
        for batch in train[torch.randperm(len(train))].split(arguments.batch_size):
            if len(batch) < arguments.batch_size:
                break
            views_NCHW = augment(_load(images, batch), model_transform())
            views_NCHW = views_NCHW.to(choice.device).contiguous(memory_format=choice.memory_format)
            with choice.autocast():
                logits_NC = model(views_NCHW)
            loss = F.cross_entropy(logits_NC.float(), targets[batch].to(choice.device), label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.detach().cpu()
        accuracy = evaluate(model, images, targets, held_out, choice)
        print(
            f"epoch {epoch}/{arguments.epochs}  loss {total.item() / (len(train) // arguments.batch_size):.3f}  "
            f"held-out accuracy {accuracy:.1%}  {time.perf_counter() - start:.0f} s "
            f"({time.process_time() - cpu:.0f} s of processor time)",
            flush=True,
        )
        save(model, arguments.out)


def model_transform() -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of the channels, each of shape (1, 3, 1, 1)."""
    transform = find_architecture("small_resnet").eval_transform()
    return torch.tensor(transform.mean).view(1, 3, 1, 1), torch.tensor(transform.std).view(1, 3, 1, 1)


def augment(images_NCHW: Tensor, normalization: tuple[Tensor, Tensor]) -> Tensor:
    """Rotate, crop, flip and change the colours of each image of a batch. Input: floats 0-1. Output: normalised."""
    count = len(images_NCHW)
    turn = torch.where(torch.rand(count) < 0.5, torch.rand(count) * 2 * math.pi, torch.randn(count) * 0.2)
    zoom = 0.55 + 0.5 * torch.rand(count)
    stretch = torch.exp(0.2 * (torch.rand(count) - 0.5))
    mirrored = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    matrix_N23 = torch.zeros(count, 2, 3)
    matrix_N23[:, 0, 0], matrix_N23[:, 0, 1] = turn.cos() * zoom * stretch * mirrored, -turn.sin() * zoom / stretch
    matrix_N23[:, 1, 0], matrix_N23[:, 1, 1] = turn.sin() * zoom * stretch * mirrored, turn.cos() * zoom / stretch
    matrix_N23[:, :, 2] = (torch.rand(count, 2) * 2 - 1) * (1 - zoom).clamp(min=0)[:, None]
    grid = F.affine_grid(matrix_N23, [count, 3, TRAIN_PX, TRAIN_PX], align_corners=False)
    views = F.grid_sample(images_NCHW, grid, padding_mode="reflection", align_corners=False)
    grey = views.mean(1, keepdim=True)
    views = grey + (views - grey) * _per_image(count, 0.3, 1.5)  # saturation
    views = torch.where((torch.rand(count) < 0.1)[:, None, None, None], grey, views)
    middle = views.mean((1, 2, 3), keepdim=True)
    views = (views - middle) * _per_image(count, 0.6, 1.4) + middle * _per_image(count, 0.7, 1.3)
    views = views * (1 + 0.3 * (torch.rand(count, 3, 1, 1) - 0.5))
    mean, std = normalization
    return (views.clamp(0, 1) - mean) / std


@torch.inference_mode()
def evaluate(model: nn.Module, images: np.ndarray, targets: Tensor, positions: Tensor, choice) -> float:
    """Accuracy, 0-1, on the central 128 px."""
    model.eval()
    mean, std = model_transform()
    correct = 0
    for batch in positions.split(256):
        views = ((_load(images, batch) - mean) / std)[:, :, 8:-8, 8:-8].to(choice.device)
        with choice.autocast():
            logits_NC = model(views.contiguous(memory_format=choice.memory_format))
        correct += int((logits_NC.argmax(1).cpu() == targets[batch]).sum())
    return correct / len(positions)


def save(model: nn.Module, path: Path) -> None:
    halved = {
        name: value.detach().cpu().half() if value.is_floating_point() else value.cpu()
        for name, value in model.state_dict().items()
    }
    save_file({name: value.contiguous() for name, value in halved.items()}, path)


def _split(targets: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    """Positions for training, and held-out positions: the last few of each class."""
    by_class = [torch.nonzero(targets == target).flatten() for target in range(classes)]
    return torch.cat([found[:-HELD_OUT] for found in by_class]), torch.cat([found[-HELD_OUT:] for found in by_class])


def _load(images: np.ndarray, positions: Tensor) -> Tensor:
    """Shape (N, 3, H, W), in 0-1."""
    batch_NHWC = torch.from_numpy(images[positions.numpy()])
    return batch_NHWC.permute(0, 3, 1, 2).float() / 255


def _per_image(count: int, low: float, high: float) -> Tensor:
    return low + (high - low) * torch.rand(count, 1, 1, 1)


def _with_and_without_decay(model: nn.Module, decay: float) -> Iterator[dict]:
    """Weight decay for matrices and kernels, none for biases and BatchNorm."""
    parameters = list(model.parameters())
    yield {"params": [p for p in parameters if p.ndim > 1], "weight_decay": decay}
    yield {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0}


if __name__ == "__main__":
    main()
