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


rule prepare_cityscapes:
    """Check Cityscapes once and map its label ids to the 19 train ids."""
    input:
        raw=raw_marker("cityscapes"),
    output:
        manifest=f"{DATA}/cityscapes/manifest.json",
    log:
        log_of("prepare_cityscapes", "cityscapes"),
    benchmark:
        benchmark_of("prepare_cityscapes", "cityscapes")
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        **needs("prepare"),
    params:
        code=code_of("prepare_cityscapes"),
        root=lambda wildcards: raw_root("cityscapes"),
        state=lambda wildcards: option("raw-state", raw_state("cityscapes")),
        folder=lambda wildcards, output: str(Path(output.manifest).parent),
        coarse="" if CONFIG.experiments.coarse else "--without-coarse",
    shell:
        "autortnet prepare-cityscapes --root {params.root:q} {params.state}"
        " --output {params.folder:q} {params.coarse} --workers {threads} > {log:q} 2>&1"


rule prepare_camvid:
    """Check CamVid once, in either layout, and map its labels to the 11 classes."""
    input:
        raw=raw_marker("camvid"),
    output:
        manifest=f"{DATA}/camvid/manifest.json",
    log:
        log_of("prepare_camvid", "camvid"),
    benchmark:
        benchmark_of("prepare_camvid", "camvid")
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        **needs("prepare"),
    params:
        code=code_of("prepare_camvid"),
        root=lambda wildcards: raw_root("camvid"),
        state=lambda wildcards: option("raw-state", raw_state("camvid")),
        folder=lambda wildcards, output: str(Path(output.manifest).parent),
        layout=option("layout", CONFIG.data.camvid.layout),
    shell:
        "autortnet prepare-camvid --root {params.root:q} {params.state}"
        " --output {params.folder:q} {params.layout} --workers {threads} > {log:q} 2>&1"


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
