"""The textbook training loop, for comparison: PIL images, a DataLoader with 2 workers, the whole network, fp32.

It is written like tutorials and not slower: validation uses `no_grad`, and there is no work that they omit.
"""

import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

BATCH_SIZE, WORKERS = 32, 2
NORMALIZE = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
EVALUATION = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(), NORMALIZE])
AUGMENTED = transforms.Compose(
    [transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip(), transforms.ToTensor(), NORMALIZE]
)


def train_frozen(data: str, weights: str, epochs: int, folder: str) -> float:
    """Seconds for `epochs` epochs of training a new head, each validated and saved."""
    started = time.perf_counter()
    model = _mobilenet(weights)
    for parameter in model.features.parameters():
        parameter.requires_grad = False
    optimizer = torch.optim.Adam(model.classifier.parameters(), lr=1e-3)
    train, val = _loader(data, "train", EVALUATION, shuffle=True), _loader(data, "val", EVALUATION)
    for epoch in range(1, epochs + 1):
        model.train()
        _train_epoch(model, train, optimizer)
        _accuracy(model, val)
        torch.save(model.state_dict(), Path(folder) / f"epoch-{epoch}.pth")
    return time.perf_counter() - started


def evaluate(data: str, folder: str, epochs: int) -> float:
    """Seconds to load and evaluate each of the checkpoints that `train_frozen` saved."""
    started = time.perf_counter()
    val = _loader(data, "val", EVALUATION)
    for epoch in range(1, epochs + 1):
        model = models.mobilenet_v2(num_classes=2)
        model.load_state_dict(torch.load(Path(folder) / f"epoch-{epoch}.pth", weights_only=True))
        _accuracy(model, val)
    return time.perf_counter() - started


def fine_tune(data: str, backbone: str, epochs: int, batch_size: int) -> dict[str, float]:
    """Images per second, for training only and with validation. The first epoch is a warm-up and does not count."""
    model = models.get_model(backbone, weights=None, num_classes=2)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    train = _loader(data, "train", AUGMENTED, shuffle=True, batch_size=batch_size)
    val = _loader(data, "val", EVALUATION, batch_size=batch_size)
    training, whole = [], []
    for _ in range(epochs + 1):
        started = time.perf_counter()
        model.train()
        _train_epoch(model, train, optimizer)
        trained = time.perf_counter()
        _accuracy(model, val)
        training.append(len(train.dataset) / (trained - started))  # type: ignore[arg-type]
        whole.append((len(train.dataset) + len(val.dataset)) / (time.perf_counter() - started))  # type: ignore[arg-type]
    return {"train": sorted(training[1:])[epochs // 2], "epoch": sorted(whole[1:])[epochs // 2]}


def _mobilenet(weights: str) -> models.MobileNetV2:
    model = models.mobilenet_v2()
    model.load_state_dict(torch.load(weights, weights_only=True))
    model.classifier[1] = nn.Linear(model.last_channel, 2)
    return model


def _loader(
    data: str, split: str, transform: transforms.Compose, shuffle: bool = False, batch_size: int = BATCH_SIZE
) -> DataLoader[object]:
    dataset = datasets.ImageFolder(str(Path(data) / split), transform)
    return DataLoader(dataset, batch_size=batch_size, shuffle=shuffle, num_workers=WORKERS)


def _train_epoch(model: nn.Module, loader: DataLoader[object], optimizer: torch.optim.Optimizer) -> None:
    criterion = nn.CrossEntropyLoss()
    for images, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(images), targets)
        loss.backward()
        optimizer.step()


def _accuracy(model: nn.Module, loader: DataLoader[object]) -> float:
    model.eval()
    correct = total = 0
    with torch.no_grad():
        for images, targets in loader:
            correct += int((model(images).argmax(1) == targets).sum())
            total += len(targets)
    return correct / total
