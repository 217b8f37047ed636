# Tables and the data of figures.
#
# in:  results/SCALE/{evaluate,speed,search,architectures}
# out: reports/SCALE/tables/table_N.csv, reports/SCALE/figures/figure_N.csv

TABLES = [f"{REPORTS}/tables/table_{number}.csv" for number in range(1, 11)]
FIGURES = [f"{REPORTS}/figures/figure_{number}.csv" for number in (1, 5, 6)]
ALL_BLOCKS = [
    name for name in type(CONFIG).model_fields if name not in ("scale", "seed")
]


rule tabulate_table:
    """One table of the paper: quoted and measured values side by side, each with its status."""
    input:
        artifacts=artifacts,
        code=modules("tabulate_table", "reporting"),
    output:
        table=f"{REPORTS}/tables/{{artefact}}.csv",
        cells=f"{REPORTS}/tables/{{artefact}}.cells.csv",
    log:
        f"{LOGS}/tabulate_table/{{artefact}}.log",
    benchmark:
        f"{LOGS}/benchmarks/tabulate_table/{{artefact}}.tsv"
    wildcard_constraints:
        artefact=r"table_\d+",
    conda:
        "../../environment.yml"
    resources:
        **needs("report"),
    params:
        settings=settings(*ALL_BLOCKS, scale=SCALE),
        results=RESULTS,
    shell:
        "autortnet tabulate-table {wildcards.artefact} --settings {params.settings:q}"
        " --results {params.results:q} --output {output.table:q} > {log:q} 2>&1"


rule collect_figure:
    """The data of one figure."""
    input:
        artifacts=artifacts,
        code=modules("collect_figure", "reporting"),
    output:
        data=f"{REPORTS}/figures/{{artefact}}.csv",
    log:
        f"{LOGS}/collect_figure/{{artefact}}.log",
    benchmark:
        f"{LOGS}/benchmarks/collect_figure/{{artefact}}.tsv"
    wildcard_constraints:
        artefact=r"figure_\d+",
    conda:
        "../../environment.yml"
    resources:
        **needs("report"),
    params:
        settings=settings(*ALL_BLOCKS, scale=SCALE),
        results=RESULTS,
    shell:
        "autortnet collect-figure {wildcards.artefact} --settings {params.settings:q}"
        " --results {params.results:q} --output {output.data:q} > {log:q} 2>&1"
