"""The training loop: yields events, and knows nothing about files or pages."""

import math
import time
from collections.abc import Callable, Generator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from torchvision.transforms import v2

from tlcore.errors import CheckpointError, TrainingDiverged
from tlcore.models.architecture import HEAD
from tlcore.models.engines.choose import REUSED, Runner
from tlcore.models.engines.frozen import FrozenTrunk
from tlcore.models.engines.part import Part
from tlcore.models.groups import frozen_groups, set_training_mode
from tlcore.models.split import build_head, main_and_auxiliary
from tlcore.training.checkpoint import Checkpoint, RandomState, trained_state
from tlcore.training.distributed import Processes
from tlcore.training.events import BatchLoss, EpochDone, Event, ImagesSkipped, Progress
from tlcore.training.history import EpochRecord, epochs_without_gain
from tlcore.training.inputs.batches import Batch
from tlcore.training.inputs.inference import logits_of, predict_logits
from tlcore.training.inputs.meter import Meter
from tlcore.training.inputs.prepare import EpochInputs, Inputs, prepare_inputs
from tlcore.training.optimisation.losses import class_weights, image_losses
from tlcore.training.optimisation.optimizers import build_optimizer
from tlcore.training.optimisation.schedules import Schedule
from tlcore.training.plan import Plan


def fit(
    plan: Plan,
    processes: Processes | None = None,
    resume_from: Checkpoint | None = None,
    history: Sequence[EpochRecord] = (),
    should_stop: Callable[[], bool] = lambda: False,
) -> Generator[Event, None, None]:
    """Train as planned; yields one EpochDone per epoch, starting with epoch 0, the untrained head.

    `resume_from` is the checkpoint of an EpochDone, and `history` the records up to it: the following epochs are then
    the same as without the interruption. Without history it is a checkpoint of another training, made by
    `training.foreign`, and the first EpochDone is for its epoch. `should_stop` is called after each epoch, and while
    the images are prepared. Seeds torch's global generator.

    Raises TrainingDiverged, and DatasetInvalid if too many images are unreadable.
    """
    processes = processes or Processes()
    torch.manual_seed(plan.config.seed)
    preparing = prepare_inputs(plan, processes, after_epoch=0 if resume_from is None else resume_from.epoch)
    while True:
        try:
            yield next(preparing)
        except StopIteration as finished:
            inputs: Inputs = finished.value
            break
        if processes.count == 1 and should_stop():
            return
    if inputs.skipped:
        yield ImagesSkipped(inputs.skipped)

    trainer = Trainer(plan, inputs, processes)
    records = list(history)
    if resume_from is None:
        records.append((yield from trainer.validate_epoch(0)))
    else:
        trainer.load_checkpoint(resume_from)
        if not records:
            records.append((yield from trainer.validate_epoch(resume_from.epoch, resume_from.train_loss)))
    patience = plan.config.early_stopping or math.inf
    for epoch in range(records[-1].epoch + 1, plan.config.epochs + 1):
        if processes.any(should_stop()) or epochs_without_gain(records) >= patience:
            return
        records.append((yield from trainer.run_epoch(epoch)))


class Trainer:
    """A model with its optimiser and the training step. `fit` decides the order of calls."""

    def __init__(self, plan: Plan, inputs: Inputs, processes: Processes) -> None:
        self._plan, self._config, self._inputs = plan, plan.config, inputs
        self._processes = processes
        self._model = plan.model
        self._averaged = _build_average(plan)
        self._stepped = self._model
        self._trains: tuple[EpochInputs, tuple[str, ...]] | None = None
        self._own_rates: dict[str, float] = {}
        self._optimizer = build_optimizer(self._config.optimizer, trained_parameters(plan), plan.learning_rates)
        head_epochs = self._config.strategy.head_epochs
        self._schedule = Schedule(self._config.schedule, self._config.epochs, len(inputs.train), head_epochs)
        self._mix = _build_mix(plan)
        counts = torch.bincount(inputs.train.targets, minlength=len(plan.dataset.classes)).tolist()
        weights = class_weights(self._config.loss, plan.dataset.classes, counts)
        self._class_weights = None if weights is None else weights.to(plan.choice.device)

    def run_epoch(self, epoch: int) -> Generator[Event, None, EpochRecord]:
        """Train, validate, yield EpochDone."""
        started = time.perf_counter()
        loss, accuracy = yield from self.train_epoch(epoch)
        train_s = time.perf_counter() - started
        return (yield from self.validate_epoch(epoch, loss, accuracy, train_s))

    def validate_epoch(
        self, epoch: int, train_loss: float | None = None, train_accuracy: float | None = None, train_s: float = 0.0
    ) -> Generator[Event, None, EpochRecord]:
        """Validate the model as it is, and yield EpochDone. `train_s`: seconds of training in this epoch."""
        started = time.perf_counter()
        inputs = self._inputs.of(epoch)
        val_logits, engine = yield from self._validate(epoch, inputs)
        val_targets = inputs.val.targets
        val_loss = _finite(float(image_losses(val_logits, val_targets).mean()), f"validation loss after epoch {epoch}")
        self._schedule.end_epoch(val_loss)
        val_s = time.perf_counter() - started
        record = EpochRecord(
            epoch=epoch,
            train_loss=train_loss,
            train_accuracy=train_accuracy,
            val_loss=val_loss,
            val_accuracy=float((val_logits.argmax(1) == val_targets).double().mean()),
            learning_rates={group["name"]: group["lr"] for group in self._optimizer.param_groups},
            seconds=train_s + val_s,
            images_per_s=len(inputs.train.targets) / train_s if train_s else len(val_targets) / val_s,
            device=self._plan.choice.words,
            engine=engine,
        )
        yield EpochDone(record, self._checkpoint(record), val_logits, self._inputs.val_samples)
        return record

    def train_epoch(self, epoch: int) -> Generator[Progress | BatchLoss, None, tuple[float, float]]:
        """One epoch of steps; returns mean loss and accuracy over the images, each measured when it was trained on."""
        inputs = self.begin(epoch)
        batches = inputs.train
        images = len(batches.targets)
        meter, done = Meter("train", epoch, images), 0
        device = self._plan.choice.device
        dtype = torch.float32 if device.type == "mps" else torch.float64  # Metal has no float64
        sums = torch.zeros(3, dtype=dtype, device=device)  # loss, correct, images
        reported, every = sums.clone(), self._config.report_every
        for step, batch in enumerate(batches.epoch(epoch, shuffle=True)):
            sums += self.step(batch, self._schedule.factor(epoch - 1 + step / len(batches)))
            done += batch.size
            if every is not None and (step + 1) % every == 0:
                loss, _ = _means(sums - reported, epoch)
                yield BatchLoss(epoch, step + 1, len(batches), loss)
                reported = sums.clone()
            if meter.is_due(done):  # depends on time, so on another batch in each process: no values are exchanged here
                loss, accuracy = _means(sums, epoch)
                yield from meter.at(done, loss, accuracy)
        return _means(self._sharing(inputs).all_reduce(sums), epoch)

    def step(self, batch: Batch, factor: float) -> Tensor:
        """One optimiser step with every learning rate times `factor`; returns the sums of (loss, correct, 1) over this
        process's images. `batch` is of the inputs that `begin` returned."""
        inputs = self._trained_on()
        for group in self._optimizer.param_groups:
            group["lr"] = (self._own_rates.get(group["name"]) or group["base_lr"]) * factor
        mix = self._mix if inputs.is_mixed else None
        values, labels = mix(batch.inputs, batch.targets) if mix else (batch.inputs, batch.targets)
        with self._plan.choice.autocast():
            output = self._stepped(values)
        logits_NC, auxiliary = main_and_auxiliary(output)
        losses = self._losses(logits_NC, labels)
        for auxiliary_NC in auxiliary:
            losses = losses + self._plan.architecture.aux_weight * self._losses(auxiliary_NC, labels)
        losses = losses * batch.counts
        self._optimizer.zero_grad()
        # processes average their gradients; this makes the average equal to that of one process with the whole batch
        torch.autograd.backward(losses.sum() * (self._sharing(inputs).count / batch.size))
        if self._config.gradient_clip is not None:
            trained = [p for group in self._optimizer.param_groups for p in group["params"]]
            nn.utils.clip_grad_norm_(trained, self._config.gradient_clip)
        self._optimizer.step()
        if self._averaged is not None:
            self._averaged.update_parameters(self._model)
        correct = ((logits_NC.argmax(1) == batch.targets) * batch.counts).sum()
        return torch.stack([losses.detach().sum(), correct, batch.counts.sum()])

    def _losses(self, logits_NC: Tensor, labels: Tensor) -> Tensor:
        return image_losses(logits_NC, labels, self._config.loss.label_smoothing, self._class_weights)

    def _validate(self, epoch: int, inputs: EpochInputs) -> Generator[Progress, None, tuple[Tensor, str]]:
        """The logits of val, and the engine that computed them, or their features, in words."""
        val, plan, sharing = inputs.val, self._plan, self._sharing(inputs)
        network = self._network(self._averaged.module if self._averaged else self._model, inputs)
        run = logits_of(network, plan.architecture, val, plan.choice, sharing)
        predicting = predict_logits(run, val, sharing)
        logits_NC = yield from Meter("val", epoch, len(val.targets)).through(predicting)
        return logits_NC, run.words

    def _network(self, model: nn.Module, inputs: EpochInputs) -> nn.Module:
        """The module from a batch's inputs to logits: the whole model, or its head if the inputs are features."""
        return build_head(model, self._plan.architecture) if inputs.are_features else model

    def _trained_network(self, inputs: EpochInputs, frozen: tuple[str, ...]) -> nn.Module:
        """As `_network`; if only the head is trained on images, the fastest engine runs the frozen trunk."""
        plan = self._plan
        head_alone = frozen == plan.architecture.group_names[:-1] and not plan.architecture.aux
        if inputs.are_features or not head_alone:
            return self._network(self._model, inputs)
        part, images = Part(self._model, plan.architecture, "features"), len(plan.dataset.samples)
        trunk = Runner(part, plan.choice, images, passes=REUSED, processes=self._sharing(inputs).count)
        return FrozenTrunk(trunk, build_head(self._model, plan.architecture))

    def _sharing(self, inputs: EpochInputs) -> Processes:
        """Training on stored features is cheap: every process does all of it, and none has to wait."""
        return Processes() if inputs.are_features else self._processes

    def begin(self, epoch: int) -> EpochInputs:
        """The inputs of this epoch, after freezing the groups that it does not train; evaluation left everything in
        eval mode."""
        inputs = self._inputs.of(epoch)
        strategy = self._config.strategy
        frozen = frozen_groups(self._plan.architecture, strategy, epoch)
        keep = strategy.batch_norm == "keep"
        set_training_mode(self._model, self._plan.architecture, frozen, keep_statistics=keep)
        if self._trains is None or (inputs is not self._trains[0] or frozen != self._trains[1]):
            self._stepped = self._sharing(inputs).wrap(self._trained_network(inputs, frozen))
            self._trains = inputs, frozen
        self._own_rates = {HEAD: strategy.head_learning_rate} if epoch <= strategy.head_epochs else {}
        return inputs

    def _trained_on(self) -> EpochInputs:
        if self._trains is None:
            raise RuntimeError("A step before begin(): it is not known what is trained.")
        return self._trains[0]

    def _checkpoint(self, record: EpochRecord) -> Checkpoint:
        device = self._plan.choice.device
        trained = trained_state(self._plan, self._model)
        averaged = self._averaged
        return Checkpoint(
            epoch=record.epoch,
            model=trained if averaged is None else trained_state(self._plan, averaged.module),
            metrics=record,
            optimizer=self._optimizer.state_dict(),
            schedule=self._schedule.state_dict(),
            rng=RandomState(
                cpu=torch.get_rng_state(),
                cuda=torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
            ),
            training_model=None if averaged is None else trained,
            averaged_steps=0 if averaged is None else int(averaged.n_averaged),
        )

    def load_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Restore the exact state of the checkpoint. Raises CheckpointError if it lacks the training state."""
        optimizer, schedule, rng = checkpoint.optimizer, checkpoint.schedule, checkpoint.rng
        if optimizer is None or schedule is None or rng is None:
            raise CheckpointError(f"The checkpoint of epoch {checkpoint.epoch} does not hold what training needs.")
        self._model.load_state_dict(checkpoint.training_model or checkpoint.model, strict=False)
        if self._averaged is not None:
            self._averaged.module.load_state_dict(checkpoint.model, strict=False)
            self._averaged.n_averaged.fill_(checkpoint.averaged_steps)
        self._optimizer.load_state_dict(optimizer)
        self._schedule.load_state_dict(schedule)
        torch.set_rng_state(rng.cpu)
        if rng.cuda is not None and self._plan.choice.device.type == "cuda":
            torch.cuda.set_rng_state(rng.cuda, self._plan.choice.device)


def _means(sums: Tensor, epoch: int) -> tuple[float, float]:
    """Mean loss and accuracy, from their sums and the number of images. Raises TrainingDiverged."""
    loss_sum, correct, images = sums.tolist()
    return _finite(loss_sum, f"training loss of epoch {epoch}") / max(images, 1), correct / max(images, 1)


def _finite(loss: float, which: str) -> float:
    if not math.isfinite(loss):
        raise TrainingDiverged(
            f"The {which} is no longer a number. Lower the learning rate, add a warm-up, or clip the gradient."
        )
    return loss


def trained_parameters(plan: Plan) -> dict[str, list[nn.Parameter]]:
    """The optimiser's parameters by layer group, without groups that are never trained."""
    parameters = dict(plan.model.named_parameters())
    return {
        group.name: [parameters[name] for name in group.parameters]
        for group in plan.groups
        if group.name not in plan.frozen
    }


def _build_average(plan: Plan) -> AveragedModel | None:
    """Moving average of the weights. Its decay warms up, so that short runs do not include the untrained head."""
    decay = plan.config.ema_decay
    if decay is None:
        return None

    def update(averaged: Any, current: Any, steps: Any) -> None:
        share = 1 - min(decay, (1 + int(steps)) / (10 + int(steps)))
        torch._foreach_lerp_(averaged, current, share)

    return AveragedModel(plan.model, multi_avg_fn=update)


def _build_mix(plan: Plan) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None:
    classes, alpha = len(plan.dataset.classes), plan.config.mix.alpha
    mixes: dict[str, Callable[[], Any]] = {
        "none": lambda: None,
        "mixup": lambda: v2.MixUp(alpha=alpha, num_classes=classes),
        "cutmix": lambda: v2.CutMix(alpha=alpha, num_classes=classes),
        "mixup_or_cutmix": lambda: v2.RandomChoice([mixes["mixup"](), mixes["cutmix"]()]),
    }
    mix: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None = mixes[plan.config.mix.name]()
    return mix
