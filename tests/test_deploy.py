"""What `deploy/` asks for is there, and what it costs was measured."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.kernelmanager import MappingKernelManager

import vmlab

ROOT = Path(__file__).parent.parent
VALUES = yaml.safe_load((ROOT / "deploy" / "zero-to-jupyterhub.yaml").read_text("utf-8"))
TLJH = (ROOT / "deploy" / "tljh.sh").read_text("utf-8")
PAGE = (ROOT / "docs" / "serve" / "jupyterhub.md").read_text("utf-8")
MEMORY = VALUES["singleuser"]["memory"]


def measured() -> list[int]:
    """Return the MB of a server with its kernel, for each size that was measured."""
    rows = re.findall(r"^\| \d+ \| (\d+) \| (\d+) \|", PAGE, re.MULTILINE)
    return [int(server) + int(kernel) for server, kernel in rows]


def test_memory_is_given_by_what_was_measured() -> None:
    guarantee, limit = (int(MEMORY[name].removesuffix("M")) for name in ("guarantee", "limit"))
    assert len(measured()) == 3
    assert max(measured()) <= guarantee < 2 * max(measured()) < limit
    assert f"limits.memory {limit}M" in TLJH


def test_the_image_is_that_of_this_version() -> None:
    image = VALUES["singleuser"]["image"]
    assert image["tag"] == vmlab.__version__
    assert f"REGISTRY/vmlab:{image['tag']}" in PAGE


def test_the_hub_opens_a_lesson_that_there_is() -> None:
    assert (ROOT / VALUES["singleuser"]["defaultUrl"].removeprefix("/lab/tree/")).exists()


def test_both_hubs_end_idle_servers_after_the_same_time() -> None:
    cull = VALUES["cull"]
    for name, value in (("timeout", "timeout"), ("every", "every"), ("max_age", "maxAge")):
        assert f"services.cull.{name} {cull[value]}" in TLJH


def test_settings_of_the_server_are_settings_that_it_has() -> None:
    file = VALUES["singleuser"]["extraFiles"]["jupyter_server_config"]
    assert file["mountPath"].endswith("/jupyter_server_config.json")
    has = {cls.__name__: cls.class_traits(config=True) for cls in (MappingKernelManager, ServerApp)}
    for name, settings in json.loads(json.dumps(file["data"])).items():
        for setting, value in settings.items():
            assert isinstance(value, type(has[name][setting].default_value)), setting


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_the_script_is_one() -> None:
    subprocess.run(["bash", "-n", ROOT / "deploy" / "tljh.sh"], check=True)


def test_the_image_has_what_links_to_lessons_need() -> None:
    assert "nbgitpuller==" in (ROOT / "binder" / "requirements.txt").read_text("utf-8")
    assert "git-pull?repo=" in PAGE
