"""Settings: precedence, refusals with their place, secrets that never show, and documents that match."""

from pathlib import Path

import pytest

from scrm.config import OPTIONS, Settings, load, meta
from scrm.config_docs import example, reference
from scrm.errors import StartupError

ROOT = Path(__file__).parents[2]


def refused(
    file: Path | None = None, environment: dict[str, str] | None = None, command_line: dict[str, object] | None = None
) -> list[str]:
    with pytest.raises(StartupError) as raised:
        load(command_line, environment=environment or {}, file=file)
    return str(raised.value).splitlines()


def test_later_sources_win(tmp_path: Path) -> None:
    file = tmp_path / "scrm.toml"
    file.write_text('host = "1.1.1.1"\nport = 1\nworkspace_name = "甲"\n')
    settings = load(
        {"host": "3.3.3.3", "port": None}, environment={"SCRM_HOST": "2.2.2.2", "SCRM_PORT": "2"}, file=file
    )
    assert (settings.host, settings.port, settings.workspace_name) == ("3.3.3.3", 2, "甲")
    assert settings.time_zone == "Asia/Shanghai"


def test_file_is_found_in_the_present_folder_or_by_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(environment={}) == Settings()
    Path("scrm.toml").write_text("port = 81\n")
    Path("other.toml").write_text("port = 82\n")
    assert load(environment={}).port == 81
    assert load(environment={"SCRM_CONFIG": "other.toml"}).port == 82
    assert refused(environment={"SCRM_CONFIG": "none.toml"}) == ["none.toml: cannot be read: No such file or directory"]


def test_values_of_every_kind_come_from_the_environment() -> None:
    settings = load(
        environment={
            "SCRM_ROLES": "worker",
            "SCRM_DEMO": "yes",
            "SCRM_DATA": "/srv/scrm",
            "SCRM_TRUSTED_PROXIES": "10.0.0.0/8, 192.168.1.4",
            "SCRM_MONGODB_URL": "mongodb://db/",
            "SCRM_TIME_ZONE": "",  # empty: not set
            "SCRM_TEST_MONGODB_URL": "not an option",
            "HOME": "/root",
        }
    )
    assert settings.roles == ("worker",)
    assert settings.demo is True
    assert settings.key_file == Path("/srv/scrm/secret.key")
    assert settings.trusted_proxies == ("10.0.0.0/8", "192.168.1.4")
    assert not settings.embedded
    assert settings.time_zone == "Asia/Shanghai"


def test_paths_in_the_file_are_relative_to_it(tmp_path: Path) -> None:
    file = tmp_path / "scrm.toml"
    file.write_text('data = "rooms"\nsecret_key_file = "/etc/scrm.key"\n')
    settings = load(environment={}, file=file)
    assert settings.data == tmp_path / "rooms"
    assert settings.key_file == Path("/etc/scrm.key")


def test_wrong_ones_are_refused_all_at_once_with_file_line_and_reason(tmp_path: Path) -> None:
    file = tmp_path / "scrm.toml"
    file.write_text('# mine\n\nport = 99999\nhots = "x"\ndemo = "yes"\n[mongodb]\nurl = "x"\n')
    assert refused(file) == [
        f"{file}:3: port: expected a whole number <= 65535, got 99999",
        f"{file}:4: hots is no option; did you mean host?",
        f"{file}:5: demo: expected true or false, got 'yes'",
        f"{file}:6: mongodb is no option; did you mean mongodb_url?",
    ]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("SCRM_TIME_ZONE", "Asia/Peking", "expected an IANA zone such as Asia/Shanghai, got 'Asia/Peking'"),
        ("SCRM_TIME_ZONE", "../../etc/passwd", "expected an IANA zone such as Asia/Shanghai, got '../../etc/passwd'"),
        ("SCRM_PUBLIC_URL", "example.com", "expected an address such as https://scrm.example.com, got 'example.com'"),
        ("SCRM_TRUSTED_PROXIES", "ten", "'ten' does not appear to be an IPv4 or IPv6 network, got ['ten']"),
        ("SCRM_LOG_LEVEL", "loud", "expected one of debug, info, warning, error, got 'loud'"),
        ("SCRM_PORT", "http", "expected a whole number, got 'http'"),
        ("SCRM_ROLES", "cook", "expected one of web, worker, got ['cook']"),
    ],
)
def test_wrong_variables_are_refused_with_the_reason(name: str, value: str, reason: str) -> None:
    assert refused(environment={name: value}) == [f"environment: {name}: {reason}"]


def test_unknown_variable_is_refused() -> None:
    assert refused(environment={"SCRM_MONGO_URL": "mongodb://u:secret@db/"}) == [
        "environment: SCRM_MONGO_URL is no option; did you mean SCRM_MONGODB_URL?"
    ]


def test_broken_toml_names_its_line(tmp_path: Path) -> None:
    file = tmp_path / "scrm.toml"
    file.write_text("port = 1\nhost = \n")
    assert refused(file) == [f"{file}: is not TOML: Invalid value (at line 2, column 8)"]


def test_secrets_never_show() -> None:
    url = "mongodb://hub:hunter2@db/"
    settings = load(environment={"SCRM_MONGODB_URL": url, "SCRM_ADMIN_PASSWORD": "hunter2hunter2"})
    assert settings.mongodb_url == url
    assert "hunter2" not in repr(settings) + str(settings) + f"{settings}"
    faults = refused(environment={"SCRM_MONGODB_URL": "postgres://hunter2@db", "SCRM_ADMIN_PASSWORD": "hunter2"})
    assert len(faults) == 2
    assert "hunter2" not in "".join(faults)


def test_every_option_says_what_it_means_and_the_documents_are_up_to_date() -> None:
    for option in OPTIONS:
        assert str(meta(option).description).endswith(".")
    assert (ROOT / "docs/configuration.md").read_text() == reference()
    assert (ROOT / "scrm.example.toml").read_text() == example()


def test_example_is_a_valid_file_that_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "scrm.toml"
    text = example()
    file.write_text("\n".join(line.removeprefix("# ") if " = " in line else "" for line in text.splitlines()))
    settings = load(environment={}, file=file)
    assert settings == Settings(data=tmp_path / "data")
