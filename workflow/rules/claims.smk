# The paper's claims, judged.
#
# in:  results/SCALE/{evaluate,speed,search,architectures}
# out: reports/SCALE/claims.json, claims.csv and agreement.csv
from pipeline_src.reporting.claims.sources import claim_sources

CLAIMS = [
    f"{REPORTS}/{name}"
    for name in (places.CLAIMS, places.CLAIMS_TABLE, places.AGREEMENT)
]


rule judge_claims:
    """Claims C1 to C12, by the test of each; and how alike searches choose, against chance and null."""
    input:
        artifacts=[f"{RESULTS}/{path}" for path in claim_sources(GRID)],
    output:
        claims=CLAIMS[0],
        table=CLAIMS[1],
        agreement=CLAIMS[2],
    log:
        log_of("judge_claims", "claims"),
    benchmark:
        benchmark_of("judge_claims", "claims")
    conda:
        "../../environment.yml"
    resources:
        **needs("report"),
    params:
        code=code_of("judge_claims"),
        settings=settings("judge_claims"),
        results=lambda wildcards: RESULTS,
    shell:
        "autortnet judge-claims --settings {params.settings:q} --results {params.results:q}"
        " --output {output.claims:q} > {log:q} 2>&1"
