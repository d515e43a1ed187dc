"""What is installed: the Python package, manual pages, units, the container's recipe, Kubernetes manifests."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from certificates import Authority
from conftest import CHECKOUT
from running_daemon import binary

DEPLOY = CHECKOUT / "deploy"
PACKAGE = CHECKOUT / "Sources" / "PythonClient"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
PAGES = ["headraced.8", "headrace.1", "headraced.yaml.5"]


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """The wheel and the source distribution, built from a copy: building leaves files behind."""
    pytest.importorskip("build")
    pytest.importorskip("setuptools", "64")
    pytest.importorskip("wheel")
    folder = tmp_path_factory.mktemp("package")
    shutil.copytree(PACKAGE, folder / "source", ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    built = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder / "dist"), str(folder / "source")],
        capture_output=True, text=True)  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "dist"


def test_the_wheel_has_every_module_and_the_types(distributions):
    (wheel,) = distributions.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {path.relative_to(PACKAGE).as_posix() for path in (PACKAGE / "headrace").rglob("*.py")}
    assert wanted <= names and "headrace/py.typed" in names
    assert [name for name in names if not name.startswith(("headrace/", "headrace-"))] == []


@pytest.mark.parametrize("pattern", ["*.whl", "*.tar.gz"])
def test_it_imports_from_what_was_built(distributions, tmp_path, pattern):
    (archive,) = distributions.glob(pattern)
    if archive.suffix == ".whl":
        zipfile.ZipFile(archive).extractall(tmp_path)
        place = tmp_path
    else:
        with tarfile.open(archive) as members:
            members.extractall(tmp_path, filter="data")
        (place,) = tmp_path.iterdir()
    code = "import headrace, headrace.io, headrace.image, headrace.mx, headrace.recordio; print(headrace.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(place)}, cwd="/", capture_output=True, text=True)  # fmt: skip
    assert found.stdout.strip() == str(place / "headrace" / "__init__.py"), found.stderr


@pytest.fixture(scope="module")
def manual(tmp_path_factory):
    """The folder of the manual pages, as the Debian package has them."""
    folder = tmp_path_factory.mktemp("manual")
    for name in ("headraced", "headrace"):
        (folder / name).symlink_to(binary(name, name.upper()))
    subprocess.run([sys.executable, str(DEPLOY / "man" / "make_manual.py"), str(folder), str(folder)], check=True)
    return folder


def configuration_keys(folder):
    """Every key that the daemon knows, as `--print-config` names them."""
    (folder / "empty.yaml").write_text("{}\n")
    printed = subprocess.run(
        [folder / "headraced", "--config", folder / "empty.yaml", "--print-config"],
        check=True, capture_output=True, text=True, env={"PATH": "/usr/bin"}).stdout  # fmt: skip
    keys, sections = [], []
    for line in printed.splitlines():
        match = re.match(r"( *)(# )?([a-z_]+):(.*)", line)
        if match is None:
            continue
        sections = sections[: len(match[1]) // 2]
        if match[4].strip():
            keys.append(".".join([*sections, match[3]]))
        else:
            sections.append(match[3])
    return keys


def test_the_page_of_the_configuration_has_every_key(manual):
    keys = configuration_keys(manual)
    assert len(keys) > 30 and "limits.memory" in keys and "listen.unix.group" in keys
    page = (manual / "headraced.yaml.5").read_text()
    described = dict(re.findall(r"^\.It Sy (\S+)\n(.*)", page, re.MULTILINE))
    assert [key for key in keys if key != "datasets" and key not in described] == []
    assert [key for key in described if key != "datasets" and key not in keys] == []
    assert [key for key, text in described.items() if len(text) < 20 or text.startswith(".")] == []


@pytest.mark.parametrize("program, page", [("headraced", "headraced.8"), ("headrace", "headrace.1")])
def test_the_page_of_a_program_has_every_option(manual, program, page):
    text = (manual / page).read_text().replace("\\-", "-")
    script = subprocess.run(
        [manual / program, "--generate-completion-script", "fish"],
        check=True, capture_output=True, text=True).stdout  # fmt: skip
    offered = "".join(line for line in script.splitlines(keepends=True) if line.startswith("complete "))
    options = set(re.findall(r" -l '?([a-z][a-z0-9-]+)", offered)) - {"help", "version"}
    assert len(options) > 3
    assert [option for option in sorted(options) if f"Fl -{option}" not in text] == []
    if program == "headrace":
        admin = "status streams clients datasets top doctor stop pause resume disconnect drain reload log-level".split()
        for command in ("rec pack", "rec optimize", "bench", "config check", "config running", *admin):
            assert f"\n.Ss headrace {command}\n" in text
        assert [command for command in admin if not re.search(rf"-f?a '{command}'", offered)] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_well_formed(manual, page):
    text = (manual / page).read_text()
    assert "@" not in re.sub(r"\S+@\S+", "", text), "a part was not filled in"
    if shutil.which("mandoc") is None:
        pytest.skip("mandoc is not installed")
    found = subprocess.run(["mandoc", "-T", "lint", "-W", "error", manual / page], capture_output=True, text=True)
    assert found.stdout == ""


@pytest.mark.parametrize("unit", sorted(path.name for path in (DEPLOY / "systemd").glob("headraced*.s*")))
def test_every_line_of_a_unit_has_its_reason(unit):
    """Directly above, or above the lines before it that belong together."""
    explained, bare = False, []
    for line in (DEPLOY / "systemd" / unit).read_text().splitlines():
        if line.startswith("#"):
            explained = True
        elif not line or line.startswith("["):
            explained = False
        elif not explained and not re.match(r"(Description|Documentation|WantedBy|Also|ListenStream)=", line):
            bare.append(line)
    assert bare == []


def test_the_container_is_not_root_and_stops_gently():
    text = (DEPLOY / "container" / "Dockerfile").read_text()
    last = text[text.rindex("\nFROM ") :]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", last, re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["headraced"\]$', last, re.MULTILINE), "a shell would swallow SIGTERM"
    # What it names exists.
    for script in re.findall(r"(deploy/\S+\.sh)", text):
        assert (CHECKOUT / script).exists()


def documents(path: Path):
    yaml = pytest.importorskip("yaml")
    return list(yaml.safe_load_all(path.read_text()))


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_fit_the_schema_of_kubernetes(path):
    validate = pytest.importorskip("kubernetes_validate")
    for document in documents(path):
        # The first version with sidecars and the last that the package knows.
        for version in ("1.29", validate.latest_version()):
            validate.validate(document, version, strict=True)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_hang_together(path):
    found = documents(path)
    configurations = {d["metadata"]["name"]: d["data"] for d in found if d["kind"] == "ConfigMap"}
    services = {d["metadata"]["name"]: d["spec"] for d in found if d["kind"] == "Service"}
    (workload,) = (d for d in found if d["kind"] == "StatefulSet")
    spec, pod = workload["spec"], workload["spec"]["template"]["spec"]
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"].items() <= labels.items()
    assert services[spec["serviceName"]]["selector"].items() <= labels.items()
    assert services[spec["serviceName"]]["clusterIP"] == "None"
    (daemon,) = (c for c in pod["containers"] + pod.get("initContainers", []) if c["name"] == "headraced")
    assert daemon["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]}}  # fmt: skip
    user = re.search(r"^USER (\d+):", (DEPLOY / "container" / "Dockerfile").read_text(), re.MULTILINE)
    assert user and pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] == int(user[1])
    assert {"startupProbe", "livenessProbe"} <= daemon.keys()
    # Everything mounted is a volume, and what must be writable is.
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts = {mount["mountPath"]: mount for mount in daemon["volumeMounts"]}
    assert {mount["name"] for mount in daemon["volumeMounts"]} <= volumes.keys()
    for folder in ("/run/headrace", "/var/lib/headrace"):
        assert "emptyDir" in volumes[mounts[folder]["name"]] and not mounts[folder].get("readOnly")
    sources = volumes["config"].get("projected", {}).get("sources", [volumes["config"]])
    assert [source["configMap"]["name"] in configurations for source in sources if "configMap" in source] == [True]
    made = {d["metadata"]["name"]: d["stringData"] for d in found if d["kind"] == "Secret"}
    for secret in (source["secret"] for source in sources if "secret" in source):
        # What is not made here is said at the top.
        if secret["name"] not in made:
            assert f"Secret {secret['name']}" in path.read_text().partition("apiVersion")[0]
            continue
        assert {item["key"] for item in secret["items"]} == made[secret["name"]].keys()
    for policy in (d for d in found if d["kind"] == "NetworkPolicy"):
        assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_the_daemon_accepts_the_configuration_of_the_manifests(path, tmp_path):
    """Laid out as the volume has it, with a certificate of the test's own. Nothing is open to everybody."""
    pair = Authority(tmp_path, "authority").issue("server")
    for document in documents(path):
        if document["kind"] not in ("ConfigMap", "Secret"):
            continue
        for name, text in (document.get("data") or document["stringData"]).items():
            assert "insecure" not in text
            file = tmp_path / ("conf.d" if document["kind"] == "Secret" else "") / name
            file.parent.mkdir(exist_ok=True)
            text = text.replace("/etc/headrace/tls/tls.crt", str(pair.certificate))
            file.write_text(text.replace("/etc/headrace/tls/tls.key", str(pair.key)))
    checked = subprocess.run(
        [binary("headraced", "HEADRACED"), "--config", tmp_path / "headraced.yaml", "--check-config"],
        capture_output=True, text=True)  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_trainers_train_on_the_part_of_their_ordinal():
    pytest.importorskip("yaml")
    (workload,) = (d for d in documents(DEPLOY / "kubernetes" / "trainer.yaml") if d["kind"] == "StatefulSet")
    (trainer,) = workload["spec"]["template"]["spec"]["containers"]
    variables = {variable["name"]: variable for variable in trainer["env"]}
    field = variables["PART_INDEX"]["valueFrom"]["fieldRef"]["fieldPath"]
    assert field == "metadata.labels['apps.kubernetes.io/pod-index']"
    assert int(variables["NUM_PARTS"]["value"]) == workload["spec"]["replicas"]


@pytest.mark.parametrize("page", ["README.md", "systemd/README.md"])
def test_every_file_that_the_pages_link_to_exists(page):
    links = re.findall(r"\]\(([^)#:]+)\)", (DEPLOY / page).read_text())
    assert links and [link for link in links if not ((DEPLOY / page).parent / link).exists()] == []
