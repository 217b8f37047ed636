# An example of rules of your own: one more figure for the page, parameters against latency of every timed network.
#
#   params.yaml: workflow: {custom_rules: [workflow/examples/size_and_speed.smk]}
#
# in:  results/SCALE/speed/networks.json
# out: reports/SCALE/figures/size_and_speed.svg and its words, .json
OWN_FIGURES.append("size_and_speed")


rule draw_size_and_speed:
    """Parameters against latency of every timed network."""
    input:
        speeds=f"{RESULTS}/{places.SPEEDS}",
        script=f"{ROOT}/workflow/examples/size_and_speed.py",
    output:
        svg=f"{REPORTS}/{places.PICTURE.format(figure='size_and_speed', kind='svg')}",
        words=f"{REPORTS}/{places.PICTURE.format(figure='size_and_speed', kind='json')}",
    log:
        log_of("draw_size_and_speed", "size_and_speed"),
    benchmark:
        benchmark_of("draw_size_and_speed", "size_and_speed")
    conda:
        "../../environment.yml"
    resources:
        **needs("report"),
    params:
        results=lambda wildcards: RESULTS,
        folder=lambda wildcards, output: str(Path(output.words).parent),
    shell:
        "python {input.script:q} --results {params.results:q} --output {params.folder:q} > {log:q} 2>&1"
