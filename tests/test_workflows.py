"""What runs where the project is published: checked as far as it can be without running there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
# the one job that does more than read
DEPLOYS = ("publish.yml", "deploy")


def read(path):
    # a bare "on" is a truth value to YAML
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def test_workflows_are_well_formed():
    assert [path.name for path in WORKFLOWS] == ["publish.yml", "test.yml"]
    # without the helpers that may or may not be installed beside it
    command = [Path(sys.executable).with_name("actionlint"), "-shellcheck=", "-pyflakes=", *WORKFLOWS]
    result = subprocess.run(command, capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_fault_in_a_workflow_is_seen(tmp_path):
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOWS[0].read_text(encoding="utf-8").replace("needs: build", "needs: biuld"))
    command = [Path(sys.executable).with_name("actionlint"), "-shellcheck=", "-pyflakes=", broken]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode != 0
    assert "biuld" in result.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(path):
    used = re.findall(r"uses: *(\S+)(.*)", path.read_text(encoding="utf-8"))
    assert used
    for action, comment in used:
        if not action.startswith("./"):
            assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action), action
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), (action, comment)


def test_an_action_has_one_version_everywhere():
    versions = {}
    for path in WORKFLOWS:
        for action, commit in re.findall(r"uses: *(actions/\S+)@(\S+)", path.read_text(encoding="utf-8")):
            versions.setdefault(action, set()).add(commit)
    assert {action: len(commits) for action, commits in versions.items()} == dict.fromkeys(versions, 1)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_rights_are_the_least(path):
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        if (path.name, name) == DEPLOYS:
            assert job["permissions"] == {"pages": "write", "id-token": "write"}
            # what has these rights runs nothing of ours
            assert [step for step in job["steps"] if "run" in step] == []
        else:
            assert "permissions" not in job
        for step in job.get("steps", ()):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] == "false"
    assert "secrets." not in path.read_text(encoding="utf-8")


def test_publishing_waits_for_tests_and_happens_on_a_tag_only():
    publish = read(ROOT / ".github/workflows/publish.yml")
    assert publish["on"] == {"push": {"tags": ["v*"]}}
    jobs = publish["jobs"]
    assert jobs["test"]["uses"] == "./.github/workflows/test.yml"
    assert jobs["build"]["needs"] == "test"
    assert jobs["deploy"]["needs"] == "build"
    test = read(ROOT / ".github/workflows/test.yml")
    assert set(test["on"]) == {"push", "pull_request", "schedule", "workflow_call"}


def test_what_workflows_make_can_be_made():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    made = [
        target for path in WORKFLOWS for target in re.findall(r"run: make ([a-z-]+)", path.read_text(encoding="utf-8"))
    ]
    assert {"test", "test-browser", "audit-dependencies", "editions"} <= set(made) <= set(targets)
