# Finetuning on the segmentation sets.
#
# in:  data/SCALE/SET, a genotype, its pretrained backbone
# out: results/SCALE/finetune/ARCHITECTURE/TRAINING/{weights_last,weights_best}.safetensors and log.csv


def training_of(wildcards):
    """The training of the wildcards `architecture` and `training`."""
    return TRAININGS[wildcards.architecture, wildcards.training]


def training_splits(wildcards):
    """Splits trained on: fine, with the validation set for the benchmark's test set, and coarse for `*` rows."""
    run = training_of(wildcards)
    splits = searched_splits(run.dataset) if run.split == "train" else "train,val"
    return splits + (",coarse" if run.coarse else "")


def best_epoch_split(wildcards):
    """The option for the split that picks the best epoch; none where it is trained on."""
    run = training_of(wildcards)
    return (
        f"--validation-split {judged_split(run.dataset)}"
        if run.split == "train"
        else ""
    )


def training_crop(wildcards):
    """Crop that finetuning trains on."""
    block = source_of(training_of(wildcards).dataset)
    return size_text((block.crop_height_px, block.crop_width_px))


rule finetune_network:
    """Finetune a network; killed and started again, it goes on from its checkpoint."""
    input:
        genotype=genotype_of,
        backbone=lambda wildcards: (
            f"{RESULTS}/pretrain/{ARCHITECTURES[wildcards.architecture].backbone}/weights.safetensors"
        ),
        manifest=lambda wildcards: f"{DATA}/{training_of(wildcards).dataset}/manifest.json",
        code=modules("finetune_network", "space", "training"),
    output:
        last=f"{RESULTS}/finetune/{{architecture}}/{{training}}/weights_last.safetensors",
        best=f"{RESULTS}/finetune/{{architecture}}/{{training}}/weights_best.safetensors",
        log=f"{RESULTS}/finetune/{{architecture}}/{{training}}/log.csv",
    log:
        f"{LOGS}/finetune_network/{{architecture}}-{{training}}.log",
    benchmark:
        f"{LOGS}/benchmarks/finetune_network/{{architecture}}-{{training}}.tsv"
    threads: CONFIG.runtime.threads
    resources:
        mem_mb=4000,
        runtime=2880,
    params:
        settings=settings("finetune", "evaluate", "runtime", "space"),
        launch=launch("finetune-network"),
        prepared=lambda wildcards: f"{DATA}/{training_of(wildcards).dataset}",
        raw=lambda wildcards: raw_root(training_of(wildcards).dataset),
        splits=training_splits,
        judged=best_epoch_split,
        size=lambda wildcards: input_size(training_of(wildcards).dataset),
        crop=training_crop,
        seed=CONFIG.seed,
        checkpoints=lambda wildcards: f"{CHECKPOINTS}/finetune/{wildcards.architecture}/{wildcards.training}",
        folder=lambda wildcards: f"{RESULTS}/finetune/{wildcards.architecture}/{wildcards.training}",
    shell:
        "{params.launch} --prepared {params.prepared:q} --raw {params.raw:q} --genotype {input.genotype:q}"
        " --backbone {input.backbone:q} --splits {params.splits} {params.judged} --input-size {params.size}"
        " --crop-size {params.crop} --seed {params.seed} --settings {params.settings:q}"
        " --checkpoints {params.checkpoints:q} --output {params.folder:q} > {log:q} 2>&1"
