"""What stands in deploy/ and in the compose file fits the code: names, commands, figures."""

import json
import re
from pathlib import Path

import pytest
import yaml
from compose_spec import PyCompose
from django.test import Client

from eventify.contracts.evently.tests.calling import Caller
from eventify.supervisor import ROOT
from eventify.worker import _parser as parser_of_worker

DEPLOY = ROOT / "deploy"
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
WEB = {"web", "web2", "web3"}


def filled(text: str, **values: str) -> str:
    """The compose file with its variables filled in, as Compose does; KeyError for one that must be given."""

    def value(found) -> str:
        name, how, default = found.groups()
        return values.get(name) or (values[name] if how == "?" else default or "")

    return VARIABLE.sub(value, text)


@pytest.fixture(scope="module")
def services() -> dict:
    text = filled((ROOT / "docker-compose.yml").read_text(), POSTGRES_PASSWORD="secret")
    return yaml.safe_load(text)["services"]


def test_the_compose_file_keeps_to_the_specification():
    text = filled((ROOT / "docker-compose.yml").read_text(), POSTGRES_PASSWORD="secret")
    found = PyCompose.from_yaml(yaml.safe_dump(yaml.safe_load(text)))
    assert {"web", "worker", "beat", "db", "redis", "migrate"} <= set(found.service_names())


@pytest.mark.parametrize("wrong", [{"restart": "sometimes"}, {"healthchek": {}}, {"ports": "80"}])
def test_control_a_mistake_is_noticed(services, wrong):
    with pytest.raises(ValueError):
        PyCompose.from_yaml(yaml.safe_dump({"services": {"web": {**services["web"], **wrong}}}))


def test_a_password_must_be_given():
    with pytest.raises(KeyError):
        filled((ROOT / "docker-compose.yml").read_text())


def test_the_profile_has_three_web_and_two_worker_containers(services):
    usual = {name for name, service in services.items() if "profiles" not in service}
    assert usual == {"db", "redis", "migrate", "web", "worker", "beat"}
    ours = {
        name: service.get("command", ["web"])
        for name, service in services.items()
        if service.get("image") == "eventify"
    }
    workers = [command for command in ours.values() if "eventify.worker" in command]
    assert {name for name in ours if name.startswith("web")} == WEB and len(workers) == 2
    for command in workers:
        parser_of_worker().parse_args(command[3:])


def test_every_file_that_is_mounted_or_built_is_there(services):
    mounted = [one.split(":")[0] for service in services.values() for one in service.get("volumes", [])]
    built = [service["build"] for service in services.values() if "build" in service]
    for place in {one for one in [*mounted, *built] if "/" in one or one == "."}:
        assert (ROOT / place).exists(), place


def test_balancer_and_prometheus_know_every_web_container():
    addresses = {f"{name}:8000" for name in WEB}
    assert set(re.findall(r"server (\S+:\d+)", (DEPLOY / "nginx/eventify.conf").read_text())) == addresses
    [job] = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())["scrape_configs"]
    assert set(job["static_configs"][0]["targets"]) == addresses


def asked_for(expression: str) -> set[str]:
    """The metrics of ours that an expression names."""
    return set(re.findall(r"\b(?:django|eventify)_\w+", expression))


def expressions() -> list[str]:
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"][0]["rules"]
    panels = json.loads((DEPLOY / "grafana/dashboards/eventify.json").read_text())["panels"]
    return [rule["expr"] for rule in rules] + [one["expr"] for panel in panels for one in panel["targets"]]


@pytest.mark.django_db
def test_alerts_and_panels_ask_for_figures_that_there_are():
    Caller().get("/healthz")
    known = set(re.findall(r"^# TYPE (\S+)", Caller().get("/metrics").content.decode(), re.MULTILINE))
    known |= {f"{name}_bucket" for name in known}
    asked = set().union(*map(asked_for, expressions()))
    assert asked - known == set() and len(asked) > 10


def test_every_alert_says_who_is_called_and_what_is_wrong():
    for rule in yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"][0]["rules"]:
        assert rule["labels"]["severity"] in ("page", "ticket") and rule["annotations"]["summary"]


def test_the_pooler_is_one_that_gives_sessions_to_others():
    assert "pool_mode = transaction" in Path(DEPLOY / "pgbouncer/pgbouncer.ini").read_text()


@pytest.mark.django_db
@pytest.mark.parametrize("path, status", [("/healthz", 200), ("/readyz/", 200), ("/metrics", 200), ("/events", 400)])
def test_prometheus_may_ask_by_the_containers_name(path, status):
    """The others answer only to names that ALLOWED_HOSTS admits."""
    assert Client().get(path, headers={"host": "web2:8000"}).status_code == status
