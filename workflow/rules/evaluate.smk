# Accuracy of finetuned networks, and the folders for the Cityscapes benchmark server.
#
# in:  data/SCALE/SET, results/SCALE/finetune/ARCHITECTURE/TRAINING
# out: results/SCALE/evaluate/ARCHITECTURE/TRAINING/SPLIT-SIZE.json,
#      results/SCALE/evaluate/ARCHITECTURE/TRAINING/submission/submission.zip

SUBMITTED = [
    one
    for one in GRID.trainings
    if one.dataset == "cityscapes" and one.split == "trainval"
]
SUBMISSIONS = [
    f"{RESULTS}/{places.submission(one)}/{places.ARCHIVE}" for one in SUBMITTED
]


rule evaluate_network:
    """One confusion matrix over a split, for the last and the best epoch's weights."""
    input:
        last=f"{RESULTS}/{places.FINETUNING}/{places.LAST_WEIGHTS}",
        best=f"{RESULTS}/{places.FINETUNING}/{places.BEST_WEIGHTS}",
        genotype=genotype_of,
        manifest=lambda wildcards: f"{DATA}/{training_of(wildcards).dataset}/manifest.json",
    output:
        metrics=f"{RESULTS}/{places.EVALUATION}",
    log:
        log_of("evaluate_network", "{architecture}-{training}-{split}-{size}"),
    benchmark:
        benchmark_of("evaluate_network", "{architecture}-{training}-{split}-{size}")
    priority: claim_priority
    conda:
        "../../environment.yml"
    threads: CONFIG.runtime.threads
    resources:
        **needs("evaluate"),
    params:
        code=network_code("evaluate_network"),
        settings=settings("evaluate_network"),
        execution=execution("evaluate_network"),
        network=network_options,
        prepared=lambda wildcards: f"{DATA}/{training_of(wildcards).dataset}",
        raw=lambda wildcards: raw_root(training_of(wildcards).dataset),
    shell:
        "autortnet evaluate-network {params.network} --weights-last {input.last:q}"
        " --weights-best {input.best:q} --prepared {params.prepared:q} --raw {params.raw:q}"
        " --architecture {wildcards.architecture} --training {wildcards.training} --split {wildcards.split}"
        " --input-size {wildcards.size} --settings {params.settings:q}"
        " --execution {params.execution:q} --output {output.metrics:q}"
        " > {log:q} 2>&1"


rule export_submission:
    """Predictions on the Cityscapes test set in the form that the benchmark's server takes."""
    input:
        weights=f"{RESULTS}/{places.FINETUNING}/{places.LAST_WEIGHTS}",
        genotype=genotype_of,
        manifest=f"{DATA}/cityscapes/manifest.json",
    output:
        archive=f"{RESULTS}/{places.SUBMISSION}/{places.ARCHIVE}",
    log:
        log_of("export_submission", "{architecture}-{training}"),
    benchmark:
        benchmark_of("export_submission", "{architecture}-{training}")
    conda:
        "../../environment.yml"
    threads: CONFIG.runtime.threads
    resources:
        **needs("evaluate"),
    params:
        code=network_code("export_submission"),
        description=lambda wildcards: description_of("cityscapes"),
        settings=settings("export_submission"),
        execution=execution("export_submission"),
        network=network_options,
        size=lambda wildcards: option("input-size", input_size("cityscapes")),
        prepared=lambda wildcards, input: str(Path(input.manifest).parent),
        raw=lambda wildcards: raw_root("cityscapes"),
        folder=lambda wildcards: f"{RESULTS}/{places.SUBMISSION.format(**wildcards)}",
    shell:
        "autortnet export-submission {params.network} --weights {input.weights:q}"
        " {params.size} --prepared {params.prepared:q}"
        " --raw {params.raw:q} --settings {params.settings:q}"
        " --execution {params.execution:q} --output {params.folder:q} > {log:q} 2>&1"
