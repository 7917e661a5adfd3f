"""The words a report prints for the stable names of scores, measures and methods."""

from __future__ import annotations

SCORES = {
    "td": ("TD", "taxonomical distance"),
    "ias": ("IAS", "input attribution similarity"),
    "rsa": ("RSA", "representation similarity"),
    "li": ("LI", "label injection"),
    "gs": ("GS", "gradient similarity"),
    "gt": ("GT", "gradient transference"),
    "tag": ("TAG", "inter-task affinity by look-ahead"),
    "cs": ("CS", "cosine similarity of gradients"),
    "etap": ("ETAP", "ensemble of gradient affinities"),
    "cka": ("CKA", "centred kernel alignment"),
    "logme": ("LogME", "log maximum evidence"),
    "h_score": ("H-score", "H-score"),
    "leep": ("LEEP", "log expected empirical prediction"),
    "nce": ("NCE", "negative conditional entropy"),
    "task2vec": ("Task2Vec", "similarity of Fisher embeddings"),
    "hoa": ("HOA", "higher order approximation"),
    "grad_tag": ("Grad-TAG", "gradient-based estimate of the gain"),
    "transference": ("transference", "group transference"),
    "proxy": ("Proxy", "gain measured under a cheaper condition"),
    "proxy_early": ("Early gain", "gain after a fifth of the epochs of the same runs"),
    "transfer": ("transfer", "gain of finetuning"),
}
MEASURES = {
    "pearson": "Pearson correlation",
    "spearman": "Spearman rank correlation",
    "kendall": "Kendall rank correlation (tau-b)",
    "partner_ranking": "Partner ranking (mean Kendall over targets)",
    "best_partner_hits": "Best partner found",
    "gain_lost": "Gain lost by the chosen partner",
}
METHODS = {
    "optimal": "optimal",
    "esa": "ESA",
    "hoa": "HOA",
    "tag": "TAG",
    "random": "random",
    "worst": "worst",
    "all_in_one": "all in one",
    "independent": "independent",
}


TRAINING = {
    "equal": "equal weighting",
    "uncertainty": "uncertainty weighting",
    "dwa": "DWA",
    "imtl_l": "IMTL-L",
    "famo": "FAMO",
    "geometric_mean": "the geometric mean",
    "random": "random weighting",
    "gradnorm": "GradNorm",
    "pcgrad": "PCGrad",
    "gradvac": "GradVac",
    "graddrop": "GradDrop",
    "cagrad": "CAGrad",
    "mgda": "MGDA",
    "nash_mtl": "Nash-MTL",
    "fairgrad": "FairGrad",
    "imtl_g": "IMTL-G",
    "aligned_mtl": "Aligned-MTL",
    "config": "ConFIG",
    "upgrad": "UPGrad",
    "dualproj": "DualProj",
    "it_mtl": "IT-MTL",
}


def score_title(name: str) -> str:
    """Return the printed name of a score: ``li`` is ``LI``; an unknown name stays as it is."""
    return SCORES.get(name, (name, ""))[0]


def score_meaning(name: str) -> str:
    """Return what the letters stand for, or an empty text."""
    return SCORES.get(name, ("", ""))[1]


def measure_title(name: str) -> str:
    """Return the printed name of a measure."""
    return MEASURES.get(name, name)


def method_title(name: str) -> str:
    """Return the printed name of a way to choose networks."""
    return METHODS.get(name, score_title(name))


def training_title(name: str) -> str:
    """Return the printed name of a training method; an unknown name stays as it is."""
    return TRAINING.get(name, name)


def capacity_title(capacity: float | None) -> str:
    """Return ``half`` for 0.5, ``full`` for 1, else the number."""
    if capacity is None:
        return "unstated"
    return {0.5: "half", 1.0: "full"}.get(capacity, f"{capacity:g}")
