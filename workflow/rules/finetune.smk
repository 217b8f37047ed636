# Finetuning on the segmentation sets.
#
# in:  data/SCALE/SET, a genotype, or another system (A19), and its pretrained backbone
# out: results/SCALE/finetune/ARCHITECTURE/TRAINING/{weights_last,weights_best}.safetensors and log.csv


rule finetune_network:
    """Finetune a network; killed and started again, it goes on from its checkpoint."""
    input:
        genotype=genotype_of,
        backbone=backbone_of,
        manifest=lambda wildcards: f"{DATA}/{training_of(wildcards).dataset}/manifest.json",
    output:
        last=f"{RESULTS}/{places.FINETUNING}/{places.LAST_WEIGHTS}",
        best=f"{RESULTS}/{places.FINETUNING}/{places.BEST_WEIGHTS}",
        log=f"{RESULTS}/{places.FINETUNING}/{places.EPOCHS}",
    log:
        log_of("finetune_network", "{architecture}-{training}"),
    benchmark:
        benchmark_of("finetune_network", "{architecture}-{training}")
    priority: claim_priority
    conda:
        "../../environment.yml"
    threads: cores_of("finetune")
    resources:
        **needs("finetune"),
    params:
        code=network_code("finetune_network"),
        settings=finetune_settings,
        execution=execution("finetune_network"),
        launch=unwatched(launch("finetune")),
        network=network_options,
        prepared=lambda wildcards: f"{DATA}/{training_of(wildcards).dataset}",
        raw=lambda wildcards: raw_root(training_of(wildcards).dataset),
        splits=training_splits,
        judged=best_epoch_split,
        size=lambda wildcards: option(
            "input-size", input_size(training_of(wildcards).dataset)
        ),
        crop=training_crop,
        seed=training_seed,
        checkpoints=lambda wildcards: f"{CHECKPOINTS}/{places.FINETUNING.format(**wildcards)}",
        folder=lambda wildcards: f"{RESULTS}/{places.FINETUNING.format(**wildcards)}",
    shell:
        "{params.launch} --prepared {params.prepared:q} --raw {params.raw:q} {params.network}"
        " {params.splits} {params.judged} {params.size}"
        " {params.crop} {params.seed} --settings {params.settings:q}"
        " --execution {params.execution:q}"
        " --checkpoints {params.checkpoints:q} --output {params.folder:q} > {log:q} 2>&1"
