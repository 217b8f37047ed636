# Tables, the data of figures, an overview for `dvc metrics` and `dvc plots`, and the page that holds all.
#
# in:  results/SCALE/{evaluate,speed,search,architectures}, logs of all runs, pictures
# out: reports/SCALE/tables/table_N.{csv,cells.csv,md,tex}, reports/SCALE/figures/figure_N.csv,
#      reports/SCALE/tables/networks.csv, reports/SCALE/metrics.json, reports/SCALE/curves/KIND.csv,
#      reports/SCALE/index.html, reports/SCALE/summary.{md,svg,png}
from pipeline_src.reporting.tables.captions import caption_of
from pipeline_src.reporting.read.sources import TABLES as TABLE_NAMES
from pipeline_src.reporting.tables.overview import CURVES, overview_sources

TABLES = expand(f"{REPORTS}/{places.TABLE}", artefact=TABLE_NAMES)
CELLS = expand(f"{REPORTS}/{places.TABLE_CELLS}", artefact=TABLE_NAMES)
FIGURES = expand(
    f"{REPORTS}/{places.FIGURE_DATA}", artefact=("figure_1", "figure_5", "figure_6")
)
METRICS = f"{REPORTS}/{places.METRICS}"
NETWORKS = f"{REPORTS}/{places.NETWORKS}"
PAGE = f"{REPORTS}/{places.PAGE}"


rule tabulate_table:
    """One table of the paper: quoted and measured values side by side, each with its status."""
    input:
        artifacts=artifacts,
    output:
        table=report(
            f"{REPORTS}/{places.TABLE}",
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "{artefact}"},
        ),
        cells=f"{REPORTS}/{places.TABLE_CELLS}",
        markdown=f"{REPORTS}/{places.TABLE_MARKDOWN}",
        latex=f"{REPORTS}/{places.TABLE_LATEX}",
    log:
        log_of("tabulate_table", "{artefact}"),
    benchmark:
        benchmark_of("tabulate_table", "{artefact}")
    wildcard_constraints:
        artefact=r"table_\d+",
    conda:
        "../../environment.yml"
    resources:
        **needs("report"),
    params:
        code=code_of("tabulate_table"),
        settings=settings("tabulate_table"),
        results=RESULTS,
        scale=SCALE,
        caption=lambda wildcards, threads: caption_of(wildcards.artefact),
    shell:
        "autortnet tabulate-table {wildcards.artefact} --settings {params.settings:q}"
        " --results {params.results:q} --output {output.table:q} > {log:q} 2>&1"


rule collect_figure:
    """The data of one figure."""
    input:
        artifacts=artifacts,
    output:
        data=f"{REPORTS}/{places.FIGURE_DATA}",
    log:
        log_of("collect_figure", "{artefact}"),
    benchmark:
        benchmark_of("collect_figure", "{artefact}")
    wildcard_constraints:
        artefact=r"figure_\d+",
    conda:
        "../../environment.yml"
    resources:
        **needs("report"),
    params:
        code=code_of("collect_figure"),
        settings=settings("collect_figure"),
        results=RESULTS,
    shell:
        "autortnet collect-figure {wildcards.artefact} --settings {params.settings:q}"
        " --results {params.results:q} --output {output.data:q} > {log:q} 2>&1"


rule collect_overview:
    """All networks in one table; their accuracy and speed, and the curves of every run, as DVC shows them."""
    input:
        [f"{RESULTS}/{path}" for path in overview_sources(GRID)],
    output:
        metrics=METRICS,
        networks=NETWORKS,
        curves=expand(f"{REPORTS}/{places.CURVES}", kind=CURVES),
    log:
        log_of("collect_overview", "overview"),
    benchmark:
        benchmark_of("collect_overview", "overview")
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("collect_overview"),
        settings=settings("collect_overview"),
        results=lambda wildcards: RESULTS,
        folder=lambda wildcards, output: str(Path(output.metrics).parent),
    shell:
        "autortnet collect-overview --settings {params.settings:q} --results {params.results:q}"
        " --output {params.folder:q} > {log:q} 2>&1"


rule render_report:
    """The report: one page with every table, figure and claim, and where each number is from."""
    input:
        tables=CELLS,
        pictures=lambda wildcards: PICTURE_FILES,
        claims=lambda wildcards: CLAIMS,
        # The page counts the hours of every step, so every step comes before it.
        others=[*FIGURES, METRICS, NETWORKS, *LUT_CHECKS, *SUBMISSIONS],
        own=lambda wildcards: own_pictures(),
        assumptions="docs/assumptions.md",
    output:
        page=report(
            PAGE,
            caption="../report/page.rst",
            category="Report",
            labels={"report": "the whole page"},
        ),
        summary=f"{REPORTS}/{places.SUMMARY}",
        pictures=[f"{REPORTS}/{name}" for name in places.SUMMARY_PICTURES],
    log:
        log_of("render_report", "report"),
    benchmark:
        benchmark_of("render_report", "report")
    conda:
        "../../environment.yml"
    resources:
        **needs("report"),
    params:
        code=code_of("render_report"),
        settings=settings("render_report"),
        results=lambda wildcards: RESULTS,
        reports=lambda wildcards: REPORTS,
        scale=SCALE,
        own=lambda wildcards: " ".join(
            option("own-figure", name) for name in OWN_FIGURES
        ),
    shell:
        "autortnet render-report --settings {params.settings:q} --results {params.results:q}"
        " {params.own} --reports {params.reports:q} --assumptions {input.assumptions:q}"
        " --output {output.page:q} > {log:q} 2>&1"
