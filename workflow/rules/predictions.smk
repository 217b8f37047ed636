# Frames of the judged splits with labels and predictions, as pictures.
#
# in:  data/SCALE/SET, results/SCALE/finetune/ARCHITECTURE/TRAINING of A and of other systems
# out: results/SCALE/predictions/FIGURE/index.json, with the PNGs that it names beside it
PREDICTIONS = [f"{RESULTS}/{places.predictions(name)}" for name in SHOWN if SHOWN[name]]


rule draw_predictions:
    """A few frames, their labels and what networks predict, in the data set's own colours."""
    input:
        weights=lambda wildcards: [
            last_weights(one.training) for one in SHOWN[wildcards.figure].values()
        ],
        manifest=lambda wildcards: f"{DATA}/{shown_set(wildcards)}/manifest.json",
    output:
        index=f"{RESULTS}/{places.PREDICTIONS}/{places.PREDICTIONS_INDEX}",
    log:
        log_of("draw_predictions", "{figure}"),
    benchmark:
        benchmark_of("draw_predictions", "{figure}")
    wildcard_constraints:
        figure="|".join(places.SHOWN_FIGURES),
    conda:
        "../../environment.yml"
    threads: CONFIG.runtime.threads
    resources:
        **needs("evaluate"),
    params:
        code=shown_code,
        settings=settings("draw_predictions"),
        networks=shown_networks,
        split=lambda wildcards: option(
            "split", next(iter(SHOWN[wildcards.figure].values())).split
        ),
        size=lambda wildcards: option("input-size", input_size(shown_set(wildcards))),
        prepared=lambda wildcards: f"{DATA}/{shown_set(wildcards)}",
        raw=lambda wildcards: raw_root(shown_set(wildcards)),
        folder=lambda wildcards, output: str(Path(output.index).parent),
    shell:
        "autortnet draw-predictions --prepared {params.prepared:q} --raw {params.raw:q} {params.networks}"
        " {params.split} {params.size} --settings {params.settings:q}"
        " --output {params.folder:q} > {log:q} 2>&1"
