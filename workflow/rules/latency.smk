# Lookup tables, their check, and the speed of whole networks. Each job takes every core, so that
# nothing else runs while it measures.
#
# in:  nothing but the device; genotypes for the speed
# out: results/SCALE/lut/SET.json, SET_check.json; results/SCALE/speed/networks.json
LUT_CHECKS = [f"{RESULTS}/{places.lookup_check(GRID.main)}"]


rule measure_lut:
    """Measure every candidate operation that the space can reach, on the device at hand; it can be killed, too."""
    output:
        table=f"{RESULTS}/{places.LOOKUP_TABLE}",
    log:
        log_of("measure_lut", "{dataset}"),
    benchmark:
        benchmark_of("measure_lut", "{dataset}")
    priority: READY
    conda:
        "../../environment.yml"
    threads: measuring_threads
    resources:
        **needs("measure"),
    params:
        code=code_of("measure_lut"),
        settings=settings("measure_lut"),
        execution=execution("measure_lut"),
        size=lambda wildcards: option("input-size", input_size(wildcards.dataset)),
        classes=class_option,
        checkpoints=lambda wildcards: f"{CHECKPOINTS}/lut/{wildcards.dataset}",
    shell:
        "autortnet measure-lut {params.size} {params.classes}"
        " --settings {params.settings:q} --execution {params.execution:q}"
        " --checkpoints {params.checkpoints:q} --output {output.table:q} > {log:q} 2>&1"


rule check_lut:
    """Hold the table's predictions against the measured latency of random networks."""
    input:
        table=f"{RESULTS}/{places.LOOKUP_TABLE}",
    output:
        check=f"{RESULTS}/{places.LOOKUP_CHECK}",
    log:
        log_of("check_lut", "{dataset}"),
    benchmark:
        benchmark_of("check_lut", "{dataset}")
    conda:
        "../../environment.yml"
    threads: measuring_threads
    resources:
        **needs("measure"),
    params:
        code=code_of("check_lut"),
        settings=settings("check_lut"),
        execution=execution("check_lut"),
        depths=depth_option(CONFIG.experiments.depths),
        seed=option("seed", CONFIG.seed),
    shell:
        "autortnet check-lut --lut {input.table:q} --settings {params.settings:q}"
        " --execution {params.execution:q} {params.depths}"
        " {params.seed} --output {output.check:q} > {log:q} 2>&1"


rule measure_speeds:
    """All networks at all sizes, ours and comparison models, timed in one interleaved run: latencies of one run can be
    compared, those of different runs cannot."""
    input:
        genotypes=[genotype_path(one.name) for one in TIMED if not one.is_peer],
    output:
        speeds=f"{RESULTS}/{places.SPEEDS}",
    log:
        log_of("measure_speeds", "networks"),
    benchmark:
        benchmark_of("measure_speeds", "networks")
    conda:
        "../../environment.yml"
    threads: measuring_threads
    resources:
        **needs("measure"),
    params:
        code=code_of(
            "measure_speeds",
            peers=frozenset(one.name for one in TIMED if one.is_peer),
        ),
        settings=settings("measure_speeds"),
        networks=timed_networks(),
        sizes=timed_sizes(),
    shell:
        "autortnet measure-speeds {params.networks} {params.sizes} --settings {params.settings:q}"
        " --output {output.speeds:q} > {log:q} 2>&1"
