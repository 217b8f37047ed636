# Sampled architectures: random search, latency-matched random search, the control, moved downsampling
# positions, random and absent aggregation cells.
#
# in:  network A's genotype and the lookup table, where the sample is drawn around them
# out: results/SCALE/architectures/NAME/genotype.json; a marker (pipeline_src/not_run.py) where no network matches,
#      or where it is the same as another

NETWORK_A = f"{RESULTS}/{places.genotype(GRID.network_a)}"
DEPTHS = depth_option(CONFIG.experiments.depths)


rule sample_random:
    """Draw a random network of the space (Table 3)."""
    output:
        genotype=f"{RESULTS}/{places.SAMPLED.format(architecture='random-{index}')}/{places.GENOTYPE}",
    log:
        log_of("sample_random", "{index}"),
    benchmark:
        benchmark_of("sample_random", "{index}")
    priority: READY
    conda:
        "../../environment.yml"
    resources:
        **needs("sample"),
    params:
        code=code_of("sample_random"),
        settings=settings("sample_random"),
        depths=DEPTHS,
        seed=option("seed", CONFIG.seed),
    shell:
        "autortnet sample-random --settings {params.settings:q} {params.depths} {params.seed}"
        " --index {wildcards.index} --output {output.genotype:q} > {log:q} 2>&1"


rule sample_matched:
    """Draw a random network of network A's predicted latency (beyond the paper, Table 3)."""
    input:
        reference=NETWORK_A,
        table=f"{RESULTS}/{places.lookup_table(GRID.main)}",
    output:
        genotype=f"{RESULTS}/{places.SAMPLED.format(architecture='matched-{index}')}/{places.GENOTYPE}",
    log:
        log_of("sample_matched", "{index}"),
    benchmark:
        benchmark_of("sample_matched", "{index}")
    priority: READY
    conda:
        "../../environment.yml"
    resources:
        **needs("sample"),
    params:
        code=code_of("sample_matched"),
        settings=settings("sample_matched"),
        depths=DEPTHS,
        seed=option("seed", CONFIG.seed),
        tolerance=option("tolerance", CONFIG.experiments.matched_tolerance),
    shell:
        "autortnet sample-matched --settings {params.settings:q} --reference {input.reference:q}"
        " --lut {input.table:q} {params.tolerance} {params.depths} {params.seed}"
        " --index {wildcards.index} --output {output.genotype:q} > {log:q} 2>&1"


rule sample_control:
    """Empty network A's hyper-cells 2 and 3 (beyond the paper, Table 3)."""
    input:
        reference=NETWORK_A,
    output:
        genotype=f"{RESULTS}/{places.SAMPLED.format(architecture='control')}/{places.GENOTYPE}",
    log:
        log_of("sample_control", "control"),
    benchmark:
        benchmark_of("sample_control", "control")
    priority: READY
    conda:
        "../../environment.yml"
    resources:
        **needs("sample"),
    params:
        code=code_of("sample_control"),
    shell:
        "autortnet sample-control --reference {input.reference:q} --output {output.genotype:q}"
        " > {log:q} 2>&1"


rule sample_downsampling:
    """Move network A's reduction cells (Table 5)."""
    input:
        reference=NETWORK_A,
    output:
        genotype=f"{RESULTS}/{places.SAMPLED.format(architecture='downsampling-{positions}')}/{places.GENOTYPE}",
    log:
        log_of("sample_downsampling", "{positions}"),
    benchmark:
        benchmark_of("sample_downsampling", "{positions}")
    wildcard_constraints:
        positions=r"\d+\.\d+\.\d+",
    priority: READY
    conda:
        "../../environment.yml"
    resources:
        **needs("sample"),
    params:
        code=code_of("sample_downsampling"),
        before=run_before,
    shell:
        "autortnet sample-downsampling --reference {input.reference:q} --positions {wildcards.positions}"
        " {params.before} --output {output.genotype:q} > {log:q} 2>&1"


rule sample_aggregation:
    """Give network A a random aggregation cell, or none (Table 6)."""
    input:
        reference=NETWORK_A,
    output:
        genotype=f"{RESULTS}/{places.SAMPLED.format(architecture='aggregation-{draw}')}/{places.GENOTYPE}",
    log:
        log_of("sample_aggregation", "{draw}"),
    benchmark:
        benchmark_of("sample_aggregation", "{draw}")
    wildcard_constraints:
        draw=r"none|random-\d+",
    priority: READY
    conda:
        "../../environment.yml"
    resources:
        **needs("sample"),
    params:
        code=code_of("sample_aggregation"),
        choice=lambda wildcards: (
            "--without"
            if wildcards.draw == "none"
            else f"--index {wildcards.draw.removeprefix('random-')}"
        ),
        seed=option("seed", CONFIG.seed),
    shell:
        "autortnet sample-aggregation --reference {input.reference:q} {params.choice} {params.seed}"
        " --output {output.genotype:q} > {log:q} 2>&1"
