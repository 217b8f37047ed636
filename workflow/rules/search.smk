# Architecture search.
#
# in:  data/SCALE/SET, results/SCALE/lut/SET.json
# out: results/SCALE/search/RUN/{genotype.json,log.csv}


rule search_architecture:
    """Search one architecture; killed and started again, it goes on from its checkpoint."""
    input:
        manifest=lambda wildcards: f"{DATA}/{search_of(wildcards).dataset}/manifest.json",
        table=lambda wildcards: f"{RESULTS}/{places.lookup_table(search_of(wildcards).dataset)}",
    output:
        genotype=f"{RESULTS}/{places.SEARCH}/{places.GENOTYPE}",
        log=f"{RESULTS}/{places.SEARCH}/{places.EPOCHS}",
    log:
        log_of("search_architecture", "{architecture}"),
    benchmark:
        benchmark_of("search_architecture", "{architecture}")
    priority: claim_priority
    conda:
        "../../environment.yml"
    threads: cores_of("search")
    resources:
        **needs("search"),
    params:
        code=code_of("search_architecture"),
        settings=settings("search_architecture"),
        execution=execution("search_architecture"),
        launch=unwatched(launch("search")),
        prepared=lambda wildcards: f"{DATA}/{search_of(wildcards).dataset}",
        raw=lambda wildcards: raw_root(search_of(wildcards).dataset),
        splits=lambda wildcards: option(
            "splits", ",".join(GRID.splits(search_of(wildcards).dataset).trained)
        ),
        judged=lambda wildcards: option(
            "validation-split", GRID.splits(search_of(wildcards).dataset).judged
        ),
        gamma=lambda wildcards: option("gamma", search_of(wildcards).gamma),
        seed=lambda wildcards: option("seed", search_of(wildcards).seed),
        null=null_option,
        depths=lambda wildcards: depth_option(search_of(wildcards).depths),
        size=lambda wildcards: option(
            "input-size", input_size(search_of(wildcards).dataset)
        ),
        crop=search_crop,
        checkpoints=lambda wildcards: f"{CHECKPOINTS}/{places.SEARCH.format(**wildcards)}",
        folder=lambda wildcards: f"{RESULTS}/{places.SEARCH.format(**wildcards)}",
    shell:
        "{params.launch} --prepared {params.prepared:q} --raw {params.raw:q} {params.splits}"
        " {params.judged} --lut {input.table:q} {params.gamma} {params.seed}"
        " {params.null} {params.depths} {params.size} {params.crop}"
        " --settings {params.settings:q}"
        " --execution {params.execution:q} --checkpoints {params.checkpoints:q} --output {params.folder:q}"
        " > {log:q} 2>&1"
