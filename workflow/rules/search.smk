# Architecture search.
#
# in:  data/SCALE/SET, results/SCALE/lut/SET.json
# out: results/SCALE/search/RUN/{genotype.json,log.csv}


rule search_architecture:
    """Search one architecture; killed and started again, it goes on from its checkpoint."""
    input:
        manifest=lambda wildcards: f"{DATA}/{search_of(wildcards).dataset}/manifest.json",
        table=lambda wildcards: f"{RESULTS}/lut/{search_of(wildcards).dataset}.json",
        code=modules("search_architecture", "search", "space", "training"),
    output:
        genotype=f"{RESULTS}/search/{{architecture}}/genotype.json",
        log=f"{RESULTS}/search/{{architecture}}/log.csv",
    log:
        f"{LOGS}/search_architecture/{{architecture}}.log",
    benchmark:
        f"{LOGS}/benchmarks/search_architecture/{{architecture}}.tsv"
    conda:
        "../../environment.yml"
    threads: cores_of("search")
    resources:
        **needs("search"),
    params:
        settings=settings("space", "latency", "search", "runtime"),
        launch=launch("search"),
        prepared=lambda wildcards: f"{DATA}/{search_of(wildcards).dataset}",
        raw=lambda wildcards: raw_root(search_of(wildcards).dataset),
        splits=lambda wildcards: searched_splits(search_of(wildcards).dataset),
        judged=lambda wildcards: judged_split(search_of(wildcards).dataset),
        gamma=lambda wildcards: search_of(wildcards).gamma,
        seed=lambda wildcards: search_of(wildcards).seed,
        null=null_option,
        depths=lambda wildcards: ",".join(map(str, search_of(wildcards).depths)),
        size=lambda wildcards: input_size(search_of(wildcards).dataset),
        crop=search_crop,
        checkpoints=lambda wildcards: f"{CHECKPOINTS}/search/{wildcards.architecture}",
        folder=lambda wildcards: f"{RESULTS}/search/{wildcards.architecture}",
    shell:
        "{params.launch} --prepared {params.prepared:q} --raw {params.raw:q} --splits {params.splits}"
        " --validation-split {params.judged} --lut {input.table:q} --gamma {params.gamma} --seed {params.seed}"
        " {params.null} --depths {params.depths} --input-size {params.size} --crop-size {params.crop}"
        " --settings {params.settings:q} --checkpoints {params.checkpoints:q} --output {params.folder:q}"
        " > {log:q} 2>&1"
