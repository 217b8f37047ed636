"""The graph that Snakemake builds, by dry runs: nothing here trains or measures."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from workflow_checkout import Checkout, Ended, Job, Planner

REPORT = {
    "tabulate_table", "collect_figure", "collect_overview", "plot_figure", "judge_claims", "trace_provenance",
    "render_report",
}  # fmt: skip
# Of these, those that tell of training and measuring.
WITH_SETTINGS = {"plot_figure", "trace_provenance", "render_report"}


@pytest.fixture(scope="module")
def camvid(planned: Planner) -> Ended:
    return planned("camvid")


@pytest.fixture(scope="module")
def paper(planned: Planner) -> Ended:
    return planned("paper")


def test_the_tiny_graph_has_100_to_220_jobs_and_every_rule(tiny: Ended, repository: Path) -> None:
    assert 100 <= sum(tiny.rules.values()) <= 220
    files = [repository / "Snakefile", *sorted((repository / "workflow" / "rules").glob("*.smk"))]
    declared = {
        name for path in files for name in re.findall(r"^rule (\w+):", path.read_text(), re.MULTILINE)
    }
    # The stage targets are for DVC: they name outputs of other rules.
    assert {name for name in declared if not name.startswith("stage_")} == set(tiny.rules)
    assert tiny.rules["tabulate_table"] == 10 and tiny.rules["collect_figure"] == 3


def test_every_table_and_figure_is_asked_for(tiny: Ended) -> None:
    wanted = {f"reports/tiny/tables/table_{number}.csv" for number in range(1, 11)}
    wanted |= {f"reports/tiny/figures/figure_{number}.csv" for number in (1, 5, 6)}
    wanted.add("reports/tiny/index.html")
    (target,) = [job for job in tiny.jobs if job.rule == "reproduce_tables"]
    assert wanted <= set(target.inputs)


def test_no_output_is_made_twice_and_every_input_is_made_or_of_the_report(
    tiny: Ended, repository: Path
) -> None:
    outputs = [path for job in tiny.jobs for path in job.outputs]
    assert len(outputs) == len(set(outputs))
    needed = {path for job in tiny.jobs for path in job.inputs} - set(outputs)
    assert needed and all(path.startswith("docs/") for path in needed)
    assert all((repository / path).is_file() for path in needed)


def test_the_paper_scale_runs_every_experiment_once(paper: Ended) -> None:
    # Table 4 has six searches, of which seed 2 at {5, 10, 10} is A; B; CamVid has one for each gamma.
    searches = 6 + 1 + 4
    # Random, latency-matched, moved downsampling, ICNet; other aggregation cells share A's backbone.
    backbones = searches + 10 + 10 + 3 + 1
    # A and B on train and train+val, with and without coarse; A, B and the four of CamVid on CamVid;
    # Table 3, 4, 5 and 6 beyond A, where one aggregation cell is absent and ten are random.
    trainings = 2 * 4 + (2 + 4) + (10 + 10) + 5 + 3 + 11
    # ICNet on train, on train + val, and on CamVid.
    trainings += 3
    counts = paper.rules
    assert counts["search_architecture"] == searches
    assert counts["pretrain_backbone"] == backbones
    assert counts["finetune_network"] == trainings
    assert counts["evaluate_network"] == trainings + 3  # Table 9 judges A, B and ICNet at full resolution too
    assert counts["export_submission"] == 4 + 1
    assert counts["draw_predictions"] == 2
    assert counts["measure_lut"] == 2 and counts["render_scenes"] == counts["render_objects"] == 0


def test_the_camvid_scale_runs_on_camvid_alone(camvid: Ended) -> None:
    counts = camvid.rules
    # A, B and C are of the same set: Table 4's six; 0.001, 0.05 and 0.1 with three seeds; two nulls of four.
    assert counts["search_architecture"] == 6 + 3 * 3 + 2 * 3
    assert counts["finetune_network"] > counts["search_architecture"]
    assert counts["prepare_data"] == counts["measure_lut"] == 1
    assert counts["draw_predictions"] == 1
    # All networks are trained from scratch, so that no folder of ImageNet is needed.
    absent = ("render_scenes", "render_objects", "export_submission", "prepare_imagenet", "pretrain_backbone")
    assert not any(counts[rule] for rule in absent)
    assert "cityscapes" not in "".join(path for job in camvid.jobs for path in job.outputs)


@pytest.mark.parametrize("scale", ["tiny", "camvid", "paper"])
def test_the_graph_is_that_of_the_grid(scale: str, repository: Path, planned: Planner) -> None:
    from pipeline_src import places
    from pipeline_src.config.grid import Grid
    from pipeline_src.config.load import resolve

    ended = planned(scale)
    grid = Grid(resolve({"scale": scale}, repository / "workflow" / "scales"))
    results = f"results/{scale}"
    expected = {
        *(f"{results}/search/{one.name}/genotype.json" for one in grid.searches),
        *(f"{results}/pretrain/{name}/weights.safetensors" for name in grid.backbones),
        *(
            f"{results}/finetune/{one.architecture.name}/{one.name}/weights_last.safetensors"
            for one in grid.trainings
        ),
        *(f"{results}/{places.evaluation(one)}" for one in grid.evaluations),
        f"{results}/{places.SPEEDS}",
    }  # fmt: skip
    made = {path for job in ended.jobs for path in job.outputs}
    assert expected <= made
    kinds = "search|pretrain|finetune|evaluate|speed"
    main_file = re.compile(
        rf"{results}/({kinds})/.*(genotype\.json|weights(_last)?\.safetensors|\d+x\d+\.json|networks\.json)"
    )
    assert {path for path in made if main_file.fullmatch(path)} == expected


def test_scales_share_no_folder(tiny: Ended, camvid: Ended, paper: Ended) -> None:
    for scale, ended in (("tiny", tiny), ("camvid", camvid), ("paper", paper)):
        for job in ended.jobs:
            for path in (*job.outputs, *filter(None, [job.log])):
                assert path.split("/")[1] == scale, path
            for written in re.findall(r"(?:--checkpoints|--output|--results) (\S+)", job.command):
                assert written.split("/")[1] == scale, job.command


def test_missing_data_stops_the_paper_scale_before_any_job(shared: Checkout) -> None:
    ended = shared.snakemake("reproduce_tables", "--config", "scale=paper")
    assert ended.status != 0 and not ended.jobs
    assert "scale paper: 3 data sets are missing" in ended.text
    for title, key, place, layout in (
        ("Cityscapes", "data.cityscapes.path", "cityscapes-dataset.com", "gtCoarse/train_extra/CITY"),
        ("CamVid", "data.camvid.path", "mi.eng.cam.ac.uk", "701_StillsRaw_full/NAME.png"),
        ("ImageNet", "data.imagenet.path", "image-net.org", "train/CLASS"),
    ):
        said = re.search(rf"^{title}.*: no folder is configured\.\n(?:  .*\n)+", ended.text, re.MULTILINE)
        assert said, title
        assert all(part in said.group() for part in (key, place, layout))
    assert "Traceback" not in ended.text
    assert not any((shared.root / folder).exists() for folder in ("data", "results", "reports"))


def test_only_the_missing_set_is_named(shared: Checkout, folders: dict[str, Path], tmp_path: Path) -> None:
    without = shutil.copytree(folders["cityscapes"], tmp_path / "cityscapes")
    shutil.rmtree(without / "gtCoarse")
    data = ",".join(f"{name}: {{path: {path}}}" for name, path in (folders | {"cityscapes": without}).items())
    ended = shared.plan("scale=paper", f"data={{{data}}}")
    assert ended.status != 0 and "1 data set is missing" in ended.text
    assert str(without) in ended.text and "gtCoarse/train_extra" in ended.text
    assert "data.camvid.path" not in ended.text


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("finetune={epoch: 3}", "finetune.epoch: is not a known key. Did you mean 'epochs'?"),
        (
            "finetune={loss: cross_entropy, class_weights: [1, 2]}",
            "has 2 numbers, but camvid has 11 classes.",
        ),
    ],
)
def test_a_wrong_key_stops_before_the_graph(shared: Checkout, config: str, message: str) -> None:
    """Other wrong keys and values: tests/unit/config/test_load.py."""
    ended = shared.snakemake("reproduce_tables", "--config", config)
    assert ended.status != 0
    assert message in ended.text
    assert "Building DAG" not in ended.text and "Traceback" not in ended.text


def test_params_yaml_and_the_command_line_pick_the_scale(
    checkout: Checkout, folders: dict[str, Path]
) -> None:
    checkout.configure({"scale": "camvid", "data": {"camvid": {"path": str(folders["camvid"])}}})
    chosen = checkout.plan(target="stage_data")
    assert chosen.status == 0 and set(chosen.rules) == {"prepare_data", "stage_data"}
    # The paths of camvid are of no use to tiny's Cityscapes, which is rendered.
    over = checkout.plan("scale=tiny", target="stage_data")
    assert over.status == 0 and over.rules["render_scenes"] == 1


def commands(ended: Ended) -> dict[tuple[str, ...], Job]:
    return {job.outputs: job for job in ended.jobs if job.outputs}


def test_a_key_changes_only_the_jobs_that_depend_on_it(planner: Planner, tiny: Ended) -> None:
    """Several keys at once, whose jobs are others: each key alone is tried in test_settings.py."""
    ended = planner("finetune={epochs: 3}", "runtime={processes: {pretrain: {per_node: 2}}}")
    before, after = commands(tiny), commands(ended)
    assert before.keys() == after.keys()
    changed = {key for key, job in after.items() if job.command != before[key].command}
    assert {after[key].rule for key in changed} == {"finetune_network", "pretrain_backbone", *WITH_SETTINGS}
    for key in (one for one in changed if after[one].rule == "pretrain_backbone"):
        # Several processes are started by torchrun.
        started = "torchrun --standalone --nproc-per-node 2 -m pipeline_src pretrain-backbone "
        assert after[key].command == before[key].command.replace("autortnet pretrain-backbone ", started)


def test_more_random_networks_add_jobs_and_epochs_of_peers_change_their_training_alone(
    planner: Planner, tiny: Ended
) -> None:
    before, after = commands(tiny), commands(planner("experiments={random_networks: 3, peer_epochs: 9}"))
    assert before.keys() < after.keys()
    added = {after[key].rule for key in after.keys() - before.keys()}
    per_network = {"sample_random", "pretrain_backbone", "finetune_network", "evaluate_network"}
    assert added == per_network and len(after) - len(before) == len(per_network)
    changed = [key for key, job in before.items() if job.command != after[key].command]
    # All networks are timed again, so that they can be compared.
    other = REPORT | {"measure_speeds"}
    assert {before[key].rule for key in changed} >= other
    trained = [key for key in changed if before[key].rule not in other]
    assert len(trained) == 3 and all(is_of_icnet(key) for key in trained)
    assert all('"epochs":9,' in after[key].command for key in trained)
    assert all('"epochs":9,' not in before[key].command for key in trained)


def is_of_icnet(key: tuple[str, ...]) -> bool:
    return any("/icnet/" in path for path in key)


def test_peers_add_jobs_of_their_own_and_change_none_of_ours(planner: Planner, tiny: Ended) -> None:
    before, after = commands(planner("experiments={peers: []}")), commands(tiny)
    added = after.keys() - before.keys()
    assert before.keys() < after.keys() and all(is_of_icnet(key) for key in added)
    assert Counter(after[key].rule for key in added) == {
        "pretrain_backbone": 1, "finetune_network": 3, "evaluate_network": 4,
        "export_submission": 1,
    }  # fmt: skip
    changed = {job.rule for key, job in before.items() if job.command != after[key].command}
    assert changed == REPORT | {"draw_predictions", "measure_speeds"}
    for key in added:
        words = after[key].command.split()
        assert words[words.index("--peer") + 1] == "icnet"
        assert "--genotype" not in words
        assert ("--backbone" in words) == (after[key].rule == "finetune_network")


def test_settings_of_table_5_know_those_before_them(tiny: Ended) -> None:
    commands = [job.command for job in tiny.jobs if job.rule == "sample_downsampling"]
    names = ["1.5.10", "3.5.8", "1.2.4"]
    for place, name in enumerate(names):
        [command] = [one for one in commands if f"--positions {name} " in one]
        before = [f"--run-before downsampling-{one}={one}" for one in names[:place]]
        assert command.count("--run-before") == place and all(one in command for one in before)


def test_figures_8_and_9_show_the_peer_and_network_a(tiny: Ended) -> None:
    jobs = {job.outputs[0]: job for job in tiny.jobs if job.rule == "draw_predictions"}
    assert set(jobs) == {f"results/tiny/predictions/figure_{number}/index.json" for number in (8, 9)}
    networks = (
        "--network ICNet results/tiny/finetune/icnet/{0}/weights_last.safetensors --network AutoRTNet-A"
    )
    for number, training, split in ((8, "cityscapes-train", "val"), (9, "camvid-train", "test")):
        command = jobs[f"results/tiny/predictions/figure_{number}/index.json"].command
        assert networks.format(training) in command and f" --split {split} " in command
    drawn = {path for job in tiny.jobs if job.rule == "plot_figure" for path in job.outputs}
    assert {
        f"reports/tiny/figures/figure_{n}.{kind}" for n in (8, 9) for kind in ("svg", "pdf", "png")
    } <= drawn


def test_the_paper_scale_searches_on_16_gpus_of_two_nodes(paper: Ended) -> None:
    starts = {
        "search_architecture": "srun --nodes 2 --ntasks 2 --ntasks-per-node 1 --cpus-per-task 32"
        " --kill-on-bad-exit=1 torchrun --nnodes 2 --rdzv-backend c10d --rdzv-id $SLURM_JOB_ID"
        " --rdzv-endpoint $(hostname):$((20000 + SLURM_JOB_ID % 10000)) --nproc-per-node 8"
        " -m pipeline_src search-architecture --prepared ",
        "pretrain_backbone": "torchrun --standalone --nproc-per-node 8 -m pipeline_src pretrain-backbone ",
        "finetune_network": "torchrun --standalone --nproc-per-node 4 -m pipeline_src finetune-network ",
        "evaluate_network": "autortnet evaluate-network ",
    }
    asks = {
        "search_architecture": {
            "gres": "gpu:8", "nodes": "2", "tasks": "2", "tasks_per_gpu": "0", "mpi": "srun",
            "runtime": "1440",
        },
        "pretrain_backbone": {"gres": "gpu:8", "runtime": "2880", "slurm_extra": "--signal=TERM@300"},
        "finetune_network": {"gres": "gpu:4"},
        "evaluate_network": {"gres": "gpu:1"},
        "measure_lut": {"gres": "gpu:1", "slurm_extra": "--exclusive"},
        "prepare_imagenet": {},
    }  # fmt: skip
    for job in paper.jobs:
        assert job.command.startswith(starts.get(job.rule, "")), job.command
        if job.rule in asks:
            assert asks[job.rule].items() <= job.resources.items()
            assert ("nodes" in job.resources) == (job.rule == "search_architecture")
            assert ("gres" in job.resources) == (job.rule != "prepare_imagenet")
