"""A plain PyTorch loop as a careful user writes it: data in memory, all threads, fp32."""

from __future__ import annotations

import time
from typing import Any

import torch
from loops.setting import Found, Setting, without_products
from torch import Tensor, nn

from specbench.tasks.labels import normalise
from specbench.training.weights import make_network

Arrays = dict[str, dict[str, Tensor]]


def prepare(setting: Setting) -> Arrays:
    """Return images and normalised labels of both splits, float32 on the device."""
    splits = {}
    for split in ("train", "val"):
        hills = setting.hills(split)
        tensors = {"rgb": torch.from_numpy(hills.arrays["rgb"]).float() * (4 / 255) - 2}
        for name, task in setting.catalogue().items():
            tensors[name] = normalise(task, torch.from_numpy(hills.arrays[name]))
        splits[split] = {name: each.to(setting.device) for name, each in tensors.items()}
    return splits


def train(setting: Setting, data: Arrays) -> Found:
    """Train once."""
    return train_network(setting, data, setting.content())


def train_network(setting: Setting, data: Arrays, content: dict[str, Any]) -> Found:
    """Train the network of a job's content."""
    started = time.perf_counter()
    torch.manual_seed(setting.seed)
    plain = {**content, "network": without_products(content["network"])}
    network = make_network(plain).to(setting.device)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    losses = dict.fromkeys(content["tasks"], nn.L1Loss())
    count, seen, loss = len(data["train"]["rgb"]), 0, 0.0
    for _ in range(setting.epochs):
        network.train()
        order = torch.randperm(count, device=setting.device)
        for start in range(0, count - setting.batch + 1, setting.batch):
            chosen = order[start : start + setting.batch]
            with autocast(setting):
                outputs = network(data["train"]["rgb"][chosen])
                step = [f(outputs[n].float(), data["train"][n][chosen]) for n, f in losses.items()]
            optimiser.zero_grad()
            torch.stack(step).sum().backward()
            optimiser.step()
            seen += len(chosen)
        loss = validate(setting, network, data["val"], losses)
    return Found(seen, time.perf_counter() - started, loss)


def validate(
    setting: Setting, network: nn.Module, data: dict[str, Tensor], losses: dict[str, nn.L1Loss]
) -> float:
    """Return the sum of the validation losses."""
    network.eval()
    total, count = 0.0, len(data["rgb"])
    with torch.no_grad(), autocast(setting):
        for start in range(0, count, setting.batch):
            rows = slice(start, start + setting.batch)
            outputs = network(data["rgb"][rows])
            found = [f(outputs[n].float(), data[n][rows]) for n, f in losses.items()]
            total += float(torch.stack(found).sum()) * len(data["rgb"][rows]) / count
    return total


def autocast(setting: Setting) -> torch.autocast:
    """Return the precision of the network."""
    return torch.autocast(setting.device, torch.bfloat16, enabled=setting.precision == "bf16")
