"""The search (Sec. 3, 4.1): w, alpha and beta trained together on one supernet.

`training.engine` runs its steps: a search can be killed after any of them and goes on from its checkpoint
to the very bytes of one that was never interrupted (CPU, same threads).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from pipeline_src.config.models import Precision, SearchConfig
from pipeline_src.config.search import Sampling
from pipeline_src.errors import ConfigError
from pipeline_src.search.architecture_optimizer import ArchitectureOptimizer
from pipeline_src.search.gumbel import gumbel_draw, gumbel_pair, gumbel_softmax
from pipeline_src.search.journal import EpochTotals, alpha_entropy, epoch_row
from pipeline_src.search.objective import LatencyModel, search_loss
from pipeline_src.space.operations import EdgeMasks, SampledEdges
from pipeline_src.space.supernet import ArchitectureParameters, Masks, Supernet
from pipeline_src.training import distributed
from pipeline_src.training.checkpoint import Checkpoints
from pipeline_src.training.engine import Batch, BatchSource, Engine, Keeping
from pipeline_src.training.losses import CrossEntropy
from pipeline_src.training.optimizers import SGD
from pipeline_src.training.schedules import cosine, temperature

Validation = Callable[[Callable[[Tensor], Tensor]], float]
"""A forward function (B, 3, H, W) -> logits (B, K, H, W), to be judged -> mIoU in 0..1."""


@dataclass(frozen=True)
class SearchPlan:
    """One search's settings beyond `SearchConfig`.

    Args:
        gamma: weight of the latency term (Eq. 8).
        steps_per_epoch: steps of each epoch; in a bilevel search each takes two batches.
        measured_offset_us: time of the network's fixed part, where `latency_offset_us` is `measured` (A21).
        precision: of the forward pass.
        identity: of all settings and inputs; a checkpoint of another search is left alone.
        checkpoint_every_s: seconds between checkpoints within an epoch.
    """

    gamma: float
    steps_per_epoch: int
    measured_offset_us: float | None = None
    precision: Precision = "float32"
    identity: str = ""
    checkpoint_every_s: float = 60.0


class Searcher(Engine):
    """One search run; its `rows` are the log, a row an epoch.

    Args:
        supernet, parameters: on `device`, freshly initialised.
        train_batches: batches for the weights, and in a single-level search for alpha and beta too.
        architecture_batches: the other half of the training set, for a bilevel search (A12).
        validate: judges the soft and the argmax network after an epoch, or None.
        latency: cost of every candidate, on `device`.
        generator: CPU generator of the Gumbel noise, seeded alike in every process.
        null_signs: generator of a null's random signs (A27), seeded alike too; None for a search proper.
    """

    what = "search"
    remedy = "Lower search.weight_lr, or set search.gradient_clip."

    def __init__(
        self,
        supernet: Supernet,
        parameters: ArchitectureParameters,
        *,
        train_batches: BatchSource,
        architecture_batches: BatchSource | None,
        validate: Validation | None,
        latency: LatencyModel,
        config: SearchConfig,
        plan: SearchPlan,
        device: torch.device,
        generator: torch.Generator,
        null_signs: torch.Generator | None = None,
        checkpoints: Checkpoints | None = None,
    ) -> None:
        if (config.level == "bilevel") != (architecture_batches is not None):
            raise ValueError("architecture_batches belong to a bilevel search, and only to it")
        if config.latency_offset_us == "measured" and plan.measured_offset_us is None:
            raise ValueError("latency_offset_us is measured: the plan must hold measured_offset_us")
        if plan.precision == "float16":
            raise ConfigError(
                "search.precision",
                "is float16, whose range is too small for the search's gradients, which are not scaled.",
                "Set bfloat16 or float32 for the search.",
            )
        super().__init__(
            epochs=config.epochs,
            steps_per_epoch=plan.steps_per_epoch,
            sources=[train_batches, *([architecture_batches] if architecture_batches else [])],
            precision=plan.precision,
            device=device,
            keeping=Keeping(checkpoints, plan.identity, plan.checkpoint_every_s),
        )
        if distributed.world_size() > 1:
            distributed.synchronise_batch_norm(supernet, device)
        self.supernet, self.parameters = supernet, parameters
        self.validate, self.latency = validate, latency
        self.config, self.plan, self.generator = config, plan, generator
        self.weight_optimizer = SGD(
            supernet.parameters(),
            lr=config.weight_lr,
            momentum=config.weight_momentum,
            weight_decay=config.weight_decay,
        )
        self.architecture_optimizer = ArchitectureOptimizer(parameters, config, null_signs)
        self.cross_entropy = CrossEntropy()
        self.totals = EpochTotals()

    @property
    def temperature(self) -> float:
        """lambda of this epoch (A10)."""
        config = self.config
        return temperature(
            self.epoch,
            config.epochs,
            config.temperature_start,
            config.temperature_end,
            config.temperature_schedule,
        )

    @property
    def learning_rate(self) -> float:
        """Learning rate of w in this epoch."""
        return cosine(self.epoch, self.config.epochs, self.config.weight_lr, self.config.weight_lr_min)

    @property
    def beta_is_frozen(self) -> bool:
        """Whether this epoch belongs to the warm-up of w and alpha (Sec. 4.1)."""
        return self.epoch < self.config.warmup_epochs

    @property
    def gamma(self) -> float:
        """Weight of the latency term in this epoch (Eq. 8; A22)."""
        return 0.0 if self.config.latency_warmup and self.beta_is_frozen else self.plan.gamma

    @property
    def latency_offset_us(self) -> float:
        """What is added to the latency within the logarithm (A21)."""
        offset = self.config.latency_offset_us
        if offset == "measured":
            assert self.plan.measured_offset_us is not None
            return self.plan.measured_offset_us
        return offset

    def _is_decided(self, epochs_done: int) -> bool:
        """Whether alpha is settled enough to end here (A26); never before beta was trained."""
        stop = self.config.entropy_stop
        if stop is None or epochs_done <= self.config.warmup_epochs:
            return False
        return alpha_entropy(self.parameters) <= stop

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do: all epochs are done, or the search is decided (A26)."""
        return super().is_over or (self.batch == 0 and self._is_decided(self.epoch))

    def sample_masks(self) -> Masks:
        """One Gumbel sample of every alpha and beta (Eq. 3, 6), or one or two operations an edge (A20)."""

        def soft(logits: Tensor) -> Tensor:
            return gumbel_softmax(logits, self.temperature, self.generator)

        def drawn(logits: Tensor) -> SampledEdges:
            return gumbel_draw(logits, self.generator)

        def pair(logits: Tensor) -> SampledEdges:
            return gumbel_pair(logits, self.temperature, self.generator)

        def uniform(logits: Tensor) -> Tensor:
            return torch.full_like(logits, 1.0 / len(logits), requires_grad=False)

        all_depths = self.config.warmup_depth == "uniform" and self.beta_is_frozen
        edges: dict[Sampling, Callable[[Tensor], EdgeMasks]] = {"soft": soft, "single": drawn, "pair": pair}
        return self.parameters.map_masks(edges[self.config.sampling], uniform if all_depths else soft)

    def begin_epoch(self) -> None:
        """Nothing to be done: the supernet is always in training mode but for its validations."""

    def step(self, batches: Sequence[Batch]) -> None:
        """Single level: one backward pass steps w, alpha and beta (A12). Bilevel: alpha and beta first."""
        batch, architecture_batch = batches[0], batches[1] if len(batches) > 1 else None
        for group in self.weight_optimizer.param_groups:
            group["lr"] = self.learning_rate
        if architecture_batch is not None:
            self._backward(architecture_batch)
            self._step_architecture()
        cross_entropy, latency_us, masks = self._backward(batch)
        if architecture_batch is None:
            self._step_architecture()
        distributed.average_gradients(self.supernet.parameters())
        if self.config.gradient_clip is not None:
            nn.utils.clip_grad_norm_(self.supernet.parameters(), self.config.gradient_clip)
        self.weight_optimizer.step()
        depths = [int(mask.depth.argmax()) + 1 for mask in masks.hyper_cells]
        self.totals.add(float(cross_entropy), float(latency_us), depths)

    def _backward(self, batch: Batch) -> tuple[Tensor, Tensor, Masks]:
        """Gradients of Eq. 8 in w, alpha and beta, of this process's batch; who steps averages them.

        Returns the cross-entropy over all processes, the latency and the masks.
        """
        images, labels = batch
        self.weight_optimizer.zero_grad(set_to_none=True)
        self.architecture_optimizer.zero_grad()
        masks = self.sample_masks()
        with self.autocast():
            logits = self.supernet(images, masks)
        cross_entropy = self.cross_entropy(logits, labels)
        latency_us = self.latency.expected_us(masks)
        loss = search_loss(cross_entropy, latency_us, self.gamma, self.latency_offset_us)
        loss.backward()  # type: ignore[no-untyped-call]
        return distributed.all_reduce_mean(cross_entropy.detach()), latency_us.detach(), masks

    def _step_architecture(self) -> None:
        distributed.average_gradients(self.parameters.parameters())
        self.architecture_optimizer.step(
            beta_is_frozen=self.beta_is_frozen, ends_epoch=self.batch + 1 == self.plan.steps_per_epoch
        )

    def loss_is_finite(self) -> bool:
        """Whether cross entropy and latency of every step of this epoch are."""
        return self.totals.is_finite

    def end_epoch(self, epochs_done: int) -> dict[str, Any]:
        """Validate if it is time, and make the log row."""
        row = epoch_row(
            epoch=epochs_done,
            temperature=self.temperature,
            lr=self.learning_rate,
            totals=self.totals,
            parameters=self.parameters,
            scores=self._scores(epochs_done),
            beta_frozen=self.beta_is_frozen,
        )
        self.totals = EpochTotals()
        return row

    def _scores(self, epochs_done: int) -> tuple[float | None, float | None]:
        """mIoU of the soft network (noise-free masks at this temperature) and of the derived one."""
        last = epochs_done == self.config.epochs or self._is_decided(epochs_done)
        validate = self.validate
        if validate is None or not (last or epochs_done % self.config.validation_every == 0):
            return None, None
        with torch.no_grad():
            soft = self.parameters.map_masks(lambda logits: torch.softmax(logits / self.temperature, dim=-1))
        hard = self.parameters.argmax_masks(self.config.derive_zero)
        self.supernet.eval()
        scores = [
            self.scored(lambda masks=masks: validate(lambda images: self.supernet(images, masks)))  # type: ignore[misc]
            for masks in (soft, hard)
        ]
        self.supernet.train()
        return scores[0], scores[1]

    def state(self) -> dict[str, Any]:
        """Supernet, parameters, both optimizers, the noise's generator and the epoch's sums."""
        return {
            "totals": self.totals.state(),
            "supernet": self.supernet.state_dict(),
            "parameters": self.parameters.state_dict(),
            "weight_optimizer": self.weight_optimizer.state_dict(),
            "architecture_optimizer": self.architecture_optimizer.state_dict(),
            "gumbel": self.generator.get_state(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up what `state` returned."""
        self.totals = EpochTotals.of(state["totals"])
        self.supernet.load_state_dict(state["supernet"])
        self.parameters.load_state_dict(state["parameters"])
        self.weight_optimizer.load_state_dict(state["weight_optimizer"])
        self.architecture_optimizer.load_state_dict(state["architecture_optimizer"])
        self.generator.set_state(state["gumbel"])
