"""Weights of a supernet copied into a derived network."""

from __future__ import annotations

import re

import torch

from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.space.supernet import ArchitectureParameters, Supernet


def inherit(network: SegmentationNetwork, supernet: Supernet, parameters: ArchitectureParameters) -> None:
    """Copy every convolution of the chosen candidates; affine batch norms become the identity."""
    source = supernet.state_dict()
    masks = parameters.argmax_masks()
    target = network.state_dict()
    for name in target:
        if re.search(r"(num_batches_tracked|running_mean|running_var)$", name):
            continue
        found = _source_name(name, masks)
        if found in source:
            target[name] = source[found]
        else:
            assert target[name].dim() == 1, f"{name} has no counterpart"
            target[name] = (
                torch.ones_like(target[name]) if name.endswith("weight") else torch.zeros_like(target[name])
            )
    network.load_state_dict(target)


def _source_name(name: str, masks) -> str:  # type: ignore[no-untyped-def]
    plain = name.removeprefix("backbone.")
    cell = re.match(r"hyper_cells\.(\d+)\.cells\.(\d+)\.edges\.(\d+)\.(.*)", plain)
    if cell:
        stage, position, edge, rest = int(cell[1]), int(cell[2]), int(cell[3]), cell[4]
        mask = masks.hyper_cells[stage]
        chosen = int((mask.reduction if position == 0 else mask.normal)[edge].argmax())
        return f"hyper_cells.{stage}.cells.{position}.edges.{edge}.candidates.{chosen}.{rest}"
    fused = re.match(r"aggregation\.edges\.(\d+)\.(.*)", plain)
    if fused:
        chosen = int(masks.aggregation[int(fused[1])].argmax())
        return f"aggregation.edges.{fused[1]}.candidates.{chosen}.{fused[2]}"
    return plain
