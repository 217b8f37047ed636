# ImageNet pretraining of backbones.
#
# in:  data/SCALE/imagenet, a genotype; for another system nothing more (A19)
# out: results/SCALE/pretrain/BACKBONE/{weights.safetensors,log.csv}


rule pretrain_backbone:
    """Pretrain a backbone as a classifier; killed and started again, it goes on from its checkpoint."""
    input:
        genotype=genotype_of,
        manifest=f"{DATA}/imagenet/manifest.json",
    output:
        weights=f"{RESULTS}/{places.PRETRAINING}/{places.BACKBONE_WEIGHTS}",
        log=f"{RESULTS}/{places.PRETRAINING}/{places.EPOCHS}",
    log:
        log_of("pretrain_backbone", "{backbone}"),
    benchmark:
        benchmark_of("pretrain_backbone", "{backbone}")
    priority: claim_priority
    conda:
        "../../environment.yml"
    threads: cores_of("pretrain")
    resources:
        **needs("pretrain"),
    params:
        code=network_code("pretrain_backbone"),
        settings=settings("pretrain_backbone"),
        execution=execution("pretrain_backbone"),
        network=network_options,
        launch=unwatched(launch("pretrain")),
        prepared=lambda wildcards, input: str(Path(input.manifest).parent),
        raw=lambda wildcards: raw_root("imagenet"),
        crop=option("crop", CONFIG.data.imagenet.crop_px),
        resize=option("resize", CONFIG.data.imagenet.resize_px),
        seed=option("seed", CONFIG.seed),
        checkpoints=lambda wildcards: f"{CHECKPOINTS}/{places.PRETRAINING.format(**wildcards)}",
        folder=lambda wildcards: f"{RESULTS}/{places.PRETRAINING.format(**wildcards)}",
    shell:
        "{params.launch} --prepared {params.prepared:q} --raw {params.raw:q} {params.network}"
        " {params.crop} {params.resize} {params.seed} --settings {params.settings:q}"
        " --execution {params.execution:q}"
        " --checkpoints {params.checkpoints:q} --output {params.folder:q} > {log:q} 2>&1"
