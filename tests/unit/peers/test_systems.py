"""Every system of the registry: its size, work and interface, that it trains, is pretrained, and folds.

Sizes are counted without computing anything; what has to compute takes the smallest input.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from pipeline_src.config.peers import BY_NAME, PEERS, SYSTEMS, System
from pipeline_src.errors import UserError
from pipeline_src.evaluation.complexity import count_multiply_adds, count_parameters
from pipeline_src.evaluation.folding import fold_batch_norm
from pipeline_src.peers import BUILDERS, PeerClassifier, build_peer
from pipeline_src.peers.library import Unpooling
from pipeline_src.reporting.paper.quoted import quoted_table
from pipeline_src.training.finetune import transfer_backbone

RUN = [one for one in SYSTEMS if one.status != "quoted"]
HEAVY = {"fcn8s", "pspnet", "deeplabv3", "autodeeplab", "segnet", "sq"}
"""Over 10 M parameters and slow: their shapes are checked without computing."""
LIGHT = [one.name for one in RUN if one.name not in HEAVY]
K = 11


def named(systems: list[System]) -> list[object]:
    return [pytest.param(one, id=one.name) for one in systems]


@pytest.fixture(scope="module", params=LIGHT)
def network(request: pytest.FixtureRequest) -> Iterator[nn.Module]:
    """A light system, built once."""
    torch.manual_seed(0)
    yield build_peer(request.param, K)


# The registry


def test_what_can_be_run_can_be_built_and_the_other_way_round() -> None:
    assert set(BUILDERS) == set(PEERS) == {one.name for one in RUN}


def test_every_system_of_the_papers_tables_is_in_the_registry_under_the_papers_name() -> None:
    for number in (1, 2, 7, 8, 9, 10):
        table = f"table_{number}"
        printed = {key.rstrip("*†") for key in quoted_table(table).keys if not key.startswith("AutoRTNet")}
        known = {one.label_in(table).rstrip("*†") for one in SYSTEMS if table in one.rows}
        assert known == printed, table
        assert {one.label_in(table) for one in SYSTEMS if table in one.rows} <= set(quoted_table(table).keys)


@pytest.mark.parametrize("system", named(RUN))
def test_parameters_and_work_are_those_that_the_registry_states(system: System) -> None:
    with torch.device("meta"):
        network = build_peer(system.name, 19)
    assert system.size is not None
    assert count_parameters(network) == system.parameters
    assert count_multiply_adds(network, system.size) == system.multiply_adds


@pytest.mark.parametrize("system", named(RUN))
def test_a_count_is_the_published_one_within_two_percent_or_the_difference_is_explained(
    system: System,
) -> None:
    assert system.parameters is not None and system.source
    agrees = system.published_m is not None and system.parameters / 1e6 == pytest.approx(
        system.published_m, rel=0.02
    )
    assert agrees != bool(system.note), "a note where the counts differ, and only there"
    assert f"{system.parameters / 1e6:.2f} M" in system.counted()


@pytest.mark.parametrize(("name", "printed_g"), [("ddrnet23slim", 36.3), ("pidnet_s", 47.6)])
def test_work_is_the_published_one_where_the_authors_print_it_at_the_same_size(
    name: str, printed_g: float
) -> None:
    """By the test above, `multiply_adds` is the network's own count."""
    system = BY_NAME[name]
    assert system.multiply_adds is not None and system.size == (1024, 2048)
    assert system.multiply_adds / 1e9 == pytest.approx(printed_g, rel=0.02)


@pytest.mark.parametrize(
    ("name", "bound"), [("pspnet", 0.02), ("bisenet", 0.02), ("bisenet_resnet18", 0.02), ("icnet", 0.04)]
)
def test_figures_that_are_no_counts_are_sizes_of_weights_in_mebibytes(name: str, bound: float) -> None:
    """The paper's 26.5, 5.8 and the like: the notes of the registry say so, here it is computed."""
    system = BY_NAME[name]
    assert system.weights_mib == pytest.approx(system.published_m, rel=bound)
    assert f"{system.weights_mib:.1f} MiB" in system.note


@pytest.mark.parametrize("system", named([one for one in SYSTEMS if one.status != "built"]))
def test_stand_ins_and_quoted_systems_say_why(system: System) -> None:
    assert system.note.endswith(".")
    assert (system.parameters is None) == (system.status == "quoted")


# The networks


@pytest.mark.parametrize("name", sorted(HEAVY))
@pytest.mark.parametrize("size", [(64, 96), (33, 65), (120, 161)])
def test_heavy_systems_give_logits_of_the_inputs_size(name: str, size: tuple[int, int]) -> None:
    with torch.device("meta"):
        network = build_peer(name, K).eval()
        images = torch.empty(1, 3, *size)
    with torch.no_grad():
        assert network(images).shape == (1, K, *size)


@pytest.mark.parametrize("size", [(33, 65), (1, 1)])
def test_logits_have_the_size_of_the_input_whatever_it_is(network: nn.Module, size: tuple[int, int]) -> None:
    network.eval()
    with torch.inference_mode():
        logits = network(torch.randn(2, 3, *size))
    assert isinstance(logits, Tensor), "auxiliary outputs are off"
    assert logits.shape == (2, K, *size)
    assert torch.isfinite(logits).all()


def test_every_weight_is_used_and_gets_a_finite_gradient(network: nn.Module) -> None:
    """So there is no auxiliary head, and several processes need not wait for an unused weight."""
    require_that_it_trains(network)


@pytest.mark.slow("half a gigabyte of weights each; every light system trains in make test")
@pytest.mark.parametrize("name", sorted(HEAVY))
def test_heavy_systems_train_too(name: str) -> None:
    """One at a time, of half a gigabyte of weights at most: forward and backward at a small size."""
    torch.manual_seed(0)
    require_that_it_trains(build_peer(name, K))


def require_that_it_trains(network: nn.Module) -> None:
    """One step's forward and backward pass on channels-last images: each weight has a finite gradient.

    As in a training, an operation without a deterministic form is an error.
    """
    network.train().zero_grad()
    torch.use_deterministic_algorithms(True)
    try:
        _take_a_step(network)
    finally:
        torch.use_deterministic_algorithms(False)


def _take_a_step(network: nn.Module) -> None:
    images = torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    logits = network(images.to(memory_format=torch.channels_last))
    assert logits.shape == (2, K, 64, 96)
    target = torch.arange(2 * 64 * 96).reshape(2, 64, 96) % K
    nn.functional.cross_entropy(logits, target).backward()
    without = [name for name, value in network.named_parameters() if value.grad is None]
    assert without == []
    assert all(bool(value.grad.isfinite().all()) for value in network.parameters())  # type: ignore[union-attr]


def test_unpooling_is_the_librarys() -> None:
    generator = torch.Generator().manual_seed(2)
    maps = torch.randn(2, 3, 8, 12, generator=generator)
    pooled, places = nn.functional.max_pool2d(maps, 2, return_indices=True)
    weights = torch.randn(2, 3, 8, 12, generator=generator)
    found = []
    for unpool in (nn.MaxUnpool2d(2), Unpooling()):
        x = pooled.clone().requires_grad_()
        spread = unpool(x, places)
        (spread * weights).sum().backward()
        found.append((spread.detach(), x.grad))
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_outputs_stay_when_batch_norm_is_folded(network: nn.Module) -> None:
    network.eval()
    folded = fold_batch_norm(network)
    left = sum(isinstance(layer, nn.BatchNorm2d) for layer in folded.modules())
    assert left < sum(isinstance(layer, nn.BatchNorm2d) for layer in network.modules())
    image = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        expected, found = network(image), folded(image)
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))


@pytest.mark.parametrize("name", [one.name for one in RUN if one.pretrained and one.name not in HEAVY])
def test_a_pretrained_backbone_goes_into_the_system(name: str) -> None:
    torch.manual_seed(1)
    classifier = PeerClassifier(name, 5).train()
    logits = classifier(torch.randn(2, 3, 64, 64))
    assert logits.shape == (2, 5)
    logits.sum().backward()
    assert all(value.grad is not None for value in classifier.parameters())
    network = build_peer(name, K)
    transfer_backbone(network, classifier.state_dict())
    theirs = network.get_submodule("backbone").state_dict()
    for key, value in classifier.backbone.state_dict().items():
        assert torch.equal(theirs[key], value), key


@pytest.mark.parametrize("name", sorted(HEAVY & {one.name for one in RUN if one.pretrained}))
def test_backbones_of_heavy_systems_can_be_classifiers(name: str) -> None:
    with torch.device("meta"):
        classifier = PeerClassifier(name, 5).eval()
        images = torch.empty(1, 3, 64, 64)
    with torch.no_grad():
        assert classifier(images).shape == (1, 5)
    with torch.device("meta"):
        network = build_peer(name, K)
    ours = {key for key in classifier.state_dict() if key.startswith("backbone.")}
    assert ours == {key for key in network.state_dict() if key.startswith("backbone.")}


# Bad input


def test_a_batch_that_batch_norm_cannot_learn_from_is_a_clear_error() -> None:
    network = build_peer("bisenet", K).train()
    with pytest.raises(UserError, match=r"1 images of 32x64 .* Train with a larger crop or batch"):
        network(torch.randn(1, 3, 32, 64))


@pytest.mark.parametrize("shape", [(1, 1, 32, 32), (3, 32, 32), (1, 3, 0, 32)])
def test_what_is_no_batch_of_images_is_a_clear_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match="has shape"):
        build_peer("espnet", K)(torch.zeros(shape))
