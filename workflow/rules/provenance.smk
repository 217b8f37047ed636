# Where every number of the report is from.
#
# in:  results/SCALE, with the run record beside each result
# out: reports/SCALE/provenance.csv
from pipeline_src.reporting.provenance.trace import provenance_sources

PROVENANCE = f"{REPORTS}/{places.PROVENANCE}"


rule trace_provenance:
    """A line for each cell and source: run, command, seed, settings, commit, device, checksums, log."""
    input:
        artifacts=[f"{RESULTS}/{path}" for path in provenance_sources(GRID)],
    output:
        provenance=PROVENANCE,
    log:
        log_of("trace_provenance", "provenance"),
    benchmark:
        benchmark_of("trace_provenance", "provenance")
    conda:
        "../../environment.yml"
    resources:
        **needs("report"),
    params:
        code=code_of("trace_provenance"),
        settings=settings("trace_provenance"),
        results=lambda wildcards: RESULTS,
    shell:
        "autortnet trace-provenance --settings {params.settings:q} --results {params.results:q}"
        " --output {output.provenance:q} > {log:q} 2>&1"
