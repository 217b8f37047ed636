"""The words that the page uses and a reader from another field may not know. [no torch, no pandas]"""

from __future__ import annotations

GLOSSARY: tuple[tuple[str, str], ...] = (
    (
        "AutoRTNet-A, -B, -C",
        "Three networks that the search finds: A and B on Cityscapes, A with the larger weight of "
        "latency (faster) and B with the smaller one (more accurate); C on CamVid. At the scale "
        "camvid all three are searched on CamVid.",
    ),
    (
        "mIoU",
        "Mean intersection over union in percent: for each class the pixels that prediction and "
        "label share, over those that either has; then the mean over classes. 100 is perfect.",
    ),
    (
        "FPS",
        "Frames per second at batch size 1: 1000 over the latency in milliseconds.",
    ),
    (
        "gamma",
        "The weight of latency in the search: a larger one asks for a faster network.",
    ),
    (
        "cell, hyper-cell",
        "A cell is a small block of operations; a hyper-cell is a stage of several equal cells.",
    ),
    (
        "dead network",
        "A network whose cells pass nothing on, as zero edges block every way, or whose pretraining is no "
        "better than guessing. It is marked wherever it is shown, and no claim is decided by it.",
    ),
    (
        "null search",
        "A search that cannot find anything, by design. What searches agree on must exceed what null "
        "searches agree on.",
    ),
    (
        "argmax",
        "The candidate with the largest weight; of the numbers of cells, the likeliest one.",
    ),
    (
        "nats",
        "The unit of entropy with natural logarithms; 0 where the search is sure of one choice.",
    ),
    (
        "folding of batch norm",
        "The normalisation after a convolution is put into its weights before timing: same "
        "output, less work.",
    ),
    (
        "Pareto front",
        "The networks that no other one beats in both speed and accuracy; the others are dominated.",
    ),
    (
        "95 % CI",
        "A confidence interval: made so that 95 of 100 such intervals hold the true value.",
    ),
    (
        "n",
        "The number of runs behind a value.",
    ),
)
