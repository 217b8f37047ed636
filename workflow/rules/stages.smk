# One target for each stage of dvc.yaml: everything of that kind, and what it needs.
#
# in:  the lists of the other rule files
# out: nothing of its own

SAMPLED = [
    one.name for one in GRID.architectures if not one.is_peer and one.kind != "searched"
]


rule stage_data:
    """All prepared sets."""
    input:
        expand(f"{DATA}/{{dataset}}/manifest.json", dataset=GRID.datasets),
    localrule: True


rule stage_lut:
    """All lookup tables and the check of the main one."""
    input:
        expand(
            f"{RESULTS}/{places.LOOKUP_TABLE}",
            dataset={one.dataset for one in GRID.searches},
        ),
        LUT_CHECKS,
    localrule: True


rule stage_search:
    """All searches."""
    input:
        [genotype_path(one.name) for one in GRID.searches],
    localrule: True


rule stage_baselines:
    """All sampled architectures."""
    input:
        [genotype_path(name) for name in SAMPLED],
    localrule: True


rule stage_pretrain:
    """All pretrained backbones."""
    input:
        [f"{RESULTS}/{places.backbone_weights(name)}" for name in GRID.backbones],
    localrule: True


rule stage_finetune:
    """All finetuned networks."""
    input:
        [f"{RESULTS}/{places.last_weights(one)}" for one in GRID.trainings],
    localrule: True


rule stage_evaluate:
    """All evaluations, timings, submissions and predictions as pictures."""
    input:
        [f"{RESULTS}/{places.evaluation(one)}" for one in GRID.evaluations],
        f"{RESULTS}/{places.SPEEDS}",
        SUBMISSIONS,
        PREDICTIONS,
    localrule: True


rule stage_report:
    """All tables, figures, the overview and the page."""
    input:
        TABLES,
        FIGURES,
        PICTURE_FILES,
        METRICS,
        NETWORKS,
        CLAIMS,
        PROVENANCE,
        PAGE,
    localrule: True
