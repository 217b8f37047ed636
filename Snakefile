# AutoRTNet as a reproducibility pipeline: raw images -> every number of the paper.
#
#   snakemake --cores all reproduce_tables                       the scale that params.yaml picks
#   snakemake --cores all reproduce_tables --config scale=camvid another scale, for this run
#
# What is run stands in params.yaml, workflow/scales/SCALE.yaml and pipeline_src/config/rows.py.
from snakemake.utils import min_version

min_version("9.0")


include: "workflow/rules/common.smk"
include: "workflow/rules/resources.smk"
include: "workflow/rules/lookups.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/latency.smk"
include: "workflow/rules/search.smk"
include: "workflow/rules/baselines.smk"
include: "workflow/rules/pretrain.smk"
include: "workflow/rules/finetune.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/predictions.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/provenance.smk"
include: "workflow/rules/stages.smk"


for own in CUSTOM_RULES:

    include: own


onstart:
    remove_default_rate_limit(workflow.scheduler)
    say_doubts()
    try:
        require_device(CONFIG.runtime.device, here=workflow.local_exec)
    except Exception as error:
        raise WorkflowError(told(error, sys.argv)) from None
    if PROGRESS:
        PROGRESS.start(GRID, workflow)


onerror:
    if PROGRESS:
        PROGRESS.close()


onsuccess:
    if PROGRESS:
        PROGRESS.close()
    say_doubts()
    print(
        f"Report: {PAGE}, tables: {REPORTS}/tables, figures: {REPORTS}/figures, runs: {RESULTS}"
    )


rule reproduce_tables:
    """The report with all tables and figures, the overview, the table check and the submissions."""
    default_target: True
    input:
        tables=TABLES,
        figures=FIGURES,
        pictures=PICTURE_FILES,
        metrics=METRICS,
        claims=CLAIMS,
        provenance=PROVENANCE,
        page=PAGE,
        checks=LUT_CHECKS,
        submissions=SUBMISSIONS,
        own=lambda wildcards: OWN_TARGETS,
    localrule: True


try:
    require_targets(targets_of(sys.argv), workflow.rules)
except Exception as error:
    raise WorkflowError(told(error, sys.argv)) from None
