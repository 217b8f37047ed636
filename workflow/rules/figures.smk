# Pictures of the report: the paper's figures and those beyond it.
#
# in:  results/SCALE, reports/SCALE/figures/figure_N.csv is beside them for figures 1, 5 and 6
# out: reports/SCALE/figures/NAME.svg, .pdf, .png, and NAME.json with its words
from pipeline_src.reporting.read.pictures import PICTURES, entry_of

PICTURE_FILES = expand(
    f"{REPORTS}/figures/{{name}}.{{kind}}",
    name=PICTURES,
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
            f"{REPORTS}/figures/{{figure}}.svg",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        pdf=f"{REPORTS}/figures/{{figure}}.pdf",
        png=f"{REPORTS}/figures/{{figure}}.png",
        words=f"{REPORTS}/figures/{{figure}}.json",
    log:
        f"{LOGS}/plot_figure/{{figure}}.log",
    benchmark:
        f"{LOGS}/benchmarks/plot_figure/{{figure}}.tsv"
    wildcard_constraints:
        figure="|".join(PICTURES) or "none",
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
