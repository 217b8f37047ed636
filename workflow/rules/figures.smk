# Pictures of the report: the paper's figures and those beyond it.
#
# in:  results/SCALE, reports/SCALE/figures/figure_N.csv is beside them for figures 1, 5 and 6
# out: reports/SCALE/figures/NAME.svg, .pdf, .png, and NAME.json with its words
from pipeline_src.reporting.read.pictures import PICTURES, entry_of

PICTURE_FILES = expand(
    f"{REPORTS}/{places.PICTURE}",
    figure=PICTURES,
    kind=("svg", "pdf", "png", "json"),
)


rule plot_figure:
    """One picture in three formats, and its words."""
    input:
        artifacts=lambda wildcards: [
            f"{RESULTS}/{path}" for path in entry_of(wildcards.figure).sources(GRID)
        ],
    output:
        svg=report(
            f"{REPORTS}/{places.PICTURE.format(figure='{figure}', kind='svg')}",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        pdf=f"{REPORTS}/{places.PICTURE.format(figure='{figure}', kind='pdf')}",
        png=f"{REPORTS}/{places.PICTURE.format(figure='{figure}', kind='png')}",
        words=f"{REPORTS}/{places.PICTURE.format(figure='{figure}', kind='json')}",
    log:
        log_of("plot_figure", "{figure}"),
    benchmark:
        benchmark_of("plot_figure", "{figure}")
    wildcard_constraints:
        figure="|".join(PICTURES) or "none",
    priority: lambda wildcards: 0 if entry_of(wildcards.figure).sources(GRID) else FIRST
    conda:
        "../../environment.yml"
    resources:
        **needs("report"),
    params:
        code=lambda wildcards: code_of(
            "plot_figure", entry_of(wildcards.figure).full_name
        ),
        settings=settings("plot_figure"),
        results=lambda wildcards: RESULTS,
        folder=lambda wildcards, output: str(Path(output.words).parent),
        scale=SCALE,
        caption=lambda wildcards, threads: caption_of(wildcards.figure),
    shell:
        "autortnet plot-figure {wildcards.figure} --settings {params.settings:q}"
        " --results {params.results:q} --output {params.folder:q} > {log:q} 2>&1"
