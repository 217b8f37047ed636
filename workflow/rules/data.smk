# Raw images -> prepared sets with a manifest.
#
# in:  the configured folders, or nothing (tiny renders its own)
# out: data/SCALE/SET/manifest.json and labels


rule render_scenes:
    """Render street scenes in a data set's official layout."""
    output:
        marker=f"{DATA}/raw/{{dataset}}/rendered.json",
    log:
        log_of("render_scenes", "{dataset}"),
    benchmark:
        benchmark_of("render_scenes", "{dataset}")
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        **needs("render"),
    params:
        code=code_of("render_scenes"),
        description=lambda wildcards: description_of(wildcards.dataset),
        settings=lambda wildcards: source_of(wildcards.dataset).render.model_dump_json(),
        folder=lambda wildcards: raw_root(wildcards.dataset),
    shell:
        "autortnet render-scenes --dataset {wildcards.dataset} --render {params.settings:q}"
        " --output {params.folder:q} --workers {threads} > {log:q} 2>&1"


rule render_objects:
    """Render a small class-folder set for pretraining."""
    output:
        marker=f"{DATA}/raw/imagenet/rendered.json",
    log:
        log_of("render_objects", "imagenet"),
    benchmark:
        benchmark_of("render_objects", "imagenet")
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        **needs("render"),
    params:
        code=code_of("render_objects"),
        settings=lambda wildcards: source_of("imagenet").render.model_dump_json(),
        folder=lambda wildcards: raw_root("imagenet"),
    shell:
        "autortnet render-objects --render {params.settings:q} --output {params.folder:q}"
        " --workers {threads} > {log:q} 2>&1"


rule prepare_data:
    """Check a described set once and map its labels to its classes."""
    input:
        raw=lambda wildcards: raw_marker(wildcards.dataset),
    output:
        manifest=f"{DATA}/{{dataset}}/manifest.json",
    log:
        log_of("prepare_data", "{dataset}"),
    benchmark:
        benchmark_of("prepare_data", "{dataset}")
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        **needs("prepare"),
    params:
        code=code_of("prepare_data"),
        description=lambda wildcards: description_of(wildcards.dataset),
        dataset=lambda wildcards: option(
            "dataset", quote(description_named(wildcards.dataset))
        ),
        root=lambda wildcards: raw_root(wildcards.dataset),
        state=lambda wildcards: option("raw-state", raw_state(wildcards.dataset)),
        folder=lambda wildcards, output: str(Path(output.manifest).parent),
        layout=lambda wildcards: layout_option(wildcards.dataset),
        coarse=lambda wildcards: coarse_option(wildcards.dataset),
    shell:
        "autortnet prepare-data {params.dataset} --root {params.root:q} {params.state}"
        " --output {params.folder:q} {params.layout} {params.coarse} --workers {threads} > {log:q} 2>&1"


rule prepare_imagenet:
    """Check the class folders once."""
    input:
        raw=raw_marker("imagenet"),
    output:
        manifest=f"{DATA}/imagenet/manifest.json",
    log:
        log_of("prepare_imagenet", "imagenet"),
    benchmark:
        benchmark_of("prepare_imagenet", "imagenet")
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        **needs("prepare"),
    params:
        code=code_of("prepare_imagenet"),
        root=lambda wildcards: raw_root("imagenet"),
        state=lambda wildcards: option("raw-state", raw_state("imagenet")),
        folder=lambda wildcards, output: str(Path(output.manifest).parent),
    shell:
        "autortnet prepare-imagenet --root {params.root:q} {params.state}"
        " --output {params.folder:q} --workers {threads} > {log:q} 2>&1"
