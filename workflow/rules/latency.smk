# Lookup tables, their check, and the speed of whole networks. Each job takes every core, so that
# nothing else runs while it measures.
#
# in:  nothing but the device; genotypes for the speed, frames on which the forms of a network must agree
# out: results/SCALE/lut/SET.json, SET_check.json; results/SCALE/speed/ARCHITECTURE/SET-SIZE.json
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


rule measure_speed:
    """Latency, parameters and multiply-adds of one network at one input size."""
    input:
        genotype=genotype_of,
    output:
        speed=f"{RESULTS}/{places.SPEED}",
    log:
        log_of("measure_speed", "{architecture}-{dataset}-{size}"),
    benchmark:
        benchmark_of("measure_speed", "{architecture}-{dataset}-{size}")
    priority: claim_priority
    conda:
        "../../environment.yml"
    threads: measuring_threads
    resources:
        **needs("measure"),
    params:
        code=network_code("measure_speed"),
        settings=settings("measure_speed"),
        network=network_options,
        classes=class_option,
    shell:
        "autortnet measure-speed {params.network} --architecture {wildcards.architecture}"
        " --dataset {wildcards.dataset} {params.classes} --input-size {wildcards.size} --settings {params.settings:q}"
        " --output {output.speed:q} > {log:q} 2>&1"


rule measure_speeds:
    """Several networks, ours and other systems, timed in turns in one run, so that their ratios hold."""
    input:
        genotypes=genotypes_together,
        manifest=f"{DATA}/{{dataset}}/manifest.json",
    output:
        speeds=f"{RESULTS}/{places.TOGETHER}",
    log:
        log_of("measure_speeds", "{dataset}-{size}"),
    benchmark:
        benchmark_of("measure_speeds", "{dataset}-{size}")
    conda:
        "../../environment.yml"
    threads: measuring_threads
    resources:
        **needs("measure"),
    params:
        code=code_together,
        settings=settings("measure_speeds"),
        networks=networks_together,
        classes=class_option,
        forms=option("forms", ",".join(CONFIG.experiments.speed_forms)),
        prepared=lambda wildcards: f"{DATA}/{wildcards.dataset}",
        raw=lambda wildcards: raw_root(wildcards.dataset),
        split=lambda wildcards: option("split", GRID.splits(wildcards.dataset).judged),
    shell:
        "autortnet measure-speeds {params.networks} {params.classes}"
        " --input-size {wildcards.size} {params.forms} --withhold --settings {params.settings:q}"
        " --prepared {params.prepared:q} --raw {params.raw:q} {params.split}"
        " --output {output.speeds:q} > {log:q} 2>&1"
