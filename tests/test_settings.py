"""Settings: what a file and the environment say, and what is said when they are wrong."""

import re
import string
import tomllib
from collections.abc import Mapping
from contextlib import chdir
from datetime import time
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reading import DEFAULT, KEYS, BadSettings, exposed, names, read, variable, warnings
from bot.settings import Settings

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "config.example.toml"
MANUAL = (ROOT / "docs/operators.md").read_text("utf-8")
SECRETS = [name for name, key in KEYS.items() if key.secret]
KEY = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"  # RFC 7748, 6.1
POSTGRES = "postgresql+asyncpg://user:geheim@host/database"
HOUR = st.times().map(lambda at: at.replace(second=0, microsecond=0))


def of(settings: Settings, name: str) -> Any:
    section, _, key = name.partition(".")
    return getattr(getattr(settings, section), key)


def file(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, "utf-8")
    return path


def problems(path: Path | None = None, /, **environ: str) -> tuple[str, ...]:
    with pytest.raises(BadSettings) as bad:
        read(path, environ)
    assert str(bad.value) == "\n".join(bad.value.problems)
    return bad.value.problems


# --- the example and the manual


def test_the_example_says_exactly_the_defaults() -> None:
    assert read(EXAMPLE, {}) == read(None, {}) == Settings()


def test_the_defaults_need_nobody_s_attention() -> None:
    assert warnings(Settings()) == []


def test_the_example_has_every_setting_with_a_comment_above_it() -> None:
    table = tomllib.loads(EXAMPLE.read_text("utf-8"))
    assert [f"{section}.{key}" for section, keys in table.items() for key in keys] == names()
    lines = EXAMPLE.read_text("utf-8").splitlines()
    keys = [(above, line) for above, line in pairwise(lines) if re.match(r"\w+ = ", line)]
    assert len(keys) == len(names())
    assert [line for above, line in keys if not above.startswith("# ")] == []


@pytest.mark.parametrize("name", names())
def test_the_manual_has_every_setting(name: str) -> None:
    assert f"| `{name}` |" in MANUAL


@pytest.mark.parametrize("name", SECRETS)
def test_the_manual_and_the_example_mark_every_secret(name: str) -> None:
    row = next(line for line in MANUAL.splitlines() if line.startswith(f"| `{name}` |"))
    assert "Secret" in row
    section, _, key = name.partition(".")
    below = EXAMPLE.read_text("utf-8").split(f"[{section}]")[1]
    comment = below.split(f"\n{key} = ")[0].rpartition("\n\n")[2].rpartition(" = ")[2]
    assert "Secret" in comment


def test_the_manual_s_defaults_are_the_defaults() -> None:
    rows = [line.strip("| ").split(" | ") for line in MANUAL.splitlines() if re.match(r"\| `\w+\.\w+` \|", line)]
    said = {name.strip("`"): default for name, default, *_ in rows}
    assert {name: said[name] for name in names()} == {name: in_words(of(Settings(), name)) for name in names()}


def in_words(value: object) -> str:
    match value:
        case "" | () | None:
            return "none" if value == () else "empty"
        case bool():
            return f"`{value}`".lower()
        case (int(), *_) as minutes:
            return ", ".join(f"`{each}`" for each in minutes)
        case (time(), *_) as times:
            return ", ".join(f"`{at:%H:%M}`" for at in times)
        case tuple() as numbers:
            return ", ".join(" ".join(map(str, pair)) for pair in numbers)
        case float():
            return f"`{value:g}`"
    return f"`{value}`"


def test_the_manual_shows_what_check_really_says(tmp_path: Path) -> None:
    wrong = '[server]\nport = "8080"\n[digest]\ntimes = ["7 o\'clock"]\n[telegram]\ntokn = "x"'
    assert [said for said in problems(file(tmp_path, wrong)) if said not in MANUAL] == []


# --- what is read


def test_values_come_ready_for_use() -> None:
    digest = {"NTSWATCH_DIGEST__TIMES": "18:30, 06:05, 18:30", "NTSWATCH_DIGEST__TIMEZONE": "Asia/Vientiane"}
    settings = read(None, digest)
    assert settings.digest.times == (time(6, 5), time(18, 30))
    assert settings.zone == ZoneInfo("Asia/Vientiane")
    assert settings.seal.keystore == Path("data/keys")
    assert settings.emergency.by_country["LA"] == (("Police", "1191"), ("Ambulance", "1195"))


def test_a_country_in_the_file_has_its_numbers_and_no_others(tmp_path: Path) -> None:
    settings = read(file(tmp_path, '[emergency.TH]\nPolice = "191"\n"สายด่วน" = "+66 2-123"'), {})
    assert settings.emergency.by_country == {
        **Settings().emergency.by_country,
        "TH": (("Police", "191"), ("สายด่วน", "+66 2-123")),
    }


def test_a_whole_number_will_do_where_parts_are_allowed(tmp_path: Path) -> None:
    assert read(file(tmp_path, "[limits]\nalert_delay_minutes = 0"), {}).limits.alert_delay_minutes == 0.0


def test_a_file_saved_by_notepad_is_read(tmp_path: Path) -> None:
    assert read(file(tmp_path, "\ufeff[server]\r\nport = 9000\r\n"), {}).server.port == 9000


@pytest.mark.parametrize(
    "url", ["sqlite+aiosqlite:////var/lib/x.db", POSTGRES, "postgresql+asyncpg:///database?host=/run/postgresql"]
)
def test_both_databases_are_known(url: str) -> None:
    assert read(None, {"NTSWATCH_DATABASE__URL": url}).database.url == url


@pytest.mark.parametrize(
    "url",
    [
        "https://bot.example.org",
        "https://bot.example.org:8443/nts",
        "http://localhost:8080",
        "http://127.0.0.1",
        "http://[::1]:80",
    ],
)
def test_a_public_url_is_encrypted_unless_it_is_this_machine(url: str) -> None:
    assert read(None, {"NTSWATCH_SERVER__PUBLIC_URL": url}).server.public_url == url


# --- the environment


@given(
    port=st.integers(0, 65535),
    chat=st.booleans(),
    rate=st.floats(0.1, 1000).map(lambda rate: round(rate, 3)),
    times=st.lists(HOUR),
    folder=st.text(string.ascii_letters + "/._-", min_size=1),
    token=st.text(string.ascii_letters + string.digits + ":_-"),
    numbers=st.dictionaries(st.text(string.ascii_letters, min_size=1), st.integers(100, 99999).map(str)),
)
def test_the_environment_says_the_same_as_a_file_and_wins(
    port: int,
    chat: bool,
    rate: float,
    times: list[time],
    folder: str,
    token: str,
    numbers: dict[str, str],
) -> None:
    settings = read(
        EXAMPLE,
        {
            "NTSWATCH_SERVER__PORT": f" {port}\n",
            "NTSWATCH_WEB__CHAT": str(chat),
            "NTSWATCH_LIMITS__TELEGRAM_ALL_PER_SECOND": str(rate),
            "NTSWATCH_DIGEST__TIMES": ",".join(f"{at:%H:%M}" for at in times),
            "NTSWATCH_MEDIA__FOLDER": folder,
            "NTSWATCH_TELEGRAM__TOKEN": token,
            "NTSWATCH_EMERGENCY__KH": ",".join(f"{label}={number}" for label, number in numbers.items()),
        },
    )
    assert (settings.server.port, settings.web.chat, settings.limits.telegram_all_per_second) == (port, chat, rate)
    assert settings.digest.times == tuple(sorted(set(times)))
    assert (settings.media.folder, settings.telegram.token) == (Path(folder), token)
    assert dict(settings.emergency.KH) == numbers


@pytest.mark.parametrize("name", names())
def test_every_setting_has_its_variable(name: str) -> None:
    said = problems(**{variable(name): "\0", "NTSWATCH_SERVER__PORTT": ""})
    assert any(problem.startswith(f"{variable(name)}: ") for problem in said)


@given(st.dictionaries(st.sampled_from([variable(name) for name in names()]), st.text()))
def test_whatever_the_environment_says_there_are_settings_or_reasons(environ: Mapping[str, str]) -> None:
    outcome = tried(environ)
    if not isinstance(outcome, Settings):
        assert outcome
        assert [said for said in outcome if not re.match(r"(NTSWATCH_[A-Z0-9_]+|[a-z]+\.[a-z0-9_]+): ", said)] == []


def tried(environ: Mapping[str, str]) -> Settings | tuple[str, ...]:
    try:
        return read(None, environ)
    except BadSettings as bad:
        return bad.problems


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_be_in_a_file_of_its_own(name: str, tmp_path: Path) -> None:
    secret = POSTGRES if name == "database.url" else "geheim-geheim"
    together = ("line.channel_secret", "line.channel_access_token") if name.startswith("line.") else (name,)
    path = file(tmp_path, f"{secret}\n")
    assert of(read(None, {f"{variable(each)}_FILE": str(path) for each in together}), name) == secret


def test_what_is_no_setting_of_ours_is_left_alone() -> None:
    others = ("TEST_POSTGRES", "TEST_CHROMIUM", "REQUIRE_ALL", "FAULTS", "CONFIG")
    assert read(None, {"HOME": "/", "NTSWATCHING": "1", **{f"NTSWATCH_{other}": "1" for other in others}}) == Settings()


def test_the_default_file_may_be_missing_where_the_environment_sets_something(tmp_path: Path) -> None:
    environ = {"NTSWATCH_SERVER__PORT": "9000"}
    with chdir(tmp_path):
        assert read(DEFAULT, environ).server.port == 9000
        assert problems(DEFAULT, NTSWATCH_CONFIG="x") == (
            "config.toml: there is no such file; run `cp config.example.toml config.toml`, then fill it in",
        )
    other = tmp_path / "other.toml"
    assert problems(other, **environ) == (
        f"{other}: there is no such file; run `cp config.example.toml {other}`, then fill it in",
    )


# --- what is said


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[telegrm]\ntoken = 'x'", "telegrm: there is no such section; the nearest is [telegram]"),
        ("port = 1", "port: there is no such setting outside a section; the nearest is port below [server]"),
        ("web = true", "web: web is a section; write [web] and its keys below"),
        ("[telegram]\ntokn = 'x'", "telegram.tokn: there is no such setting; the nearest is telegram.token"),
        (
            "[telegram]\nchannel_secret = 'x'",
            "telegram.channel_secret: there is no such setting; the nearest is line.channel_secret",
        ),
        ("[web]\nqqq = 1", "web.qqq: there is no such setting; the nearest is web.chat"),
        ("[server]\nport = '8080'", 'server.port: "8080" is not a whole number from 0 to 65535; write 8080'),
        ("[server]\nport = true", "server.port: true is not a whole number from 0 to 65535; write 8080"),
        ("[server]\nport = 65536", "server.port: 65536 is not a whole number from 0 to 65535; write 8080"),
        ("[server]\nhost = 'a b'", 'server.host: "a b" is not a host; write "127.0.0.1"'),
        ("[server]\nhost = 3", 'server.host: 3 is not a text; write it between "quotation marks"'),
        (
            "[server]\npublic_url = 'bot.example.org'",
            'server.public_url: "bot.example.org" is not an https address; write "https://bot.example.org"',
        ),
        (
            "[server]\npublic_url = 'http://bot.example.com/'",
            'server.public_url: "http://bot.example.com/" is not encrypted; write "https://bot.example.com"',
        ),
        (
            "[server]\npublic_url = 'https://bot.example.com/'",
            'server.public_url: "https://bot.example.com/" ends with a slash; write "https://bot.example.com"',
        ),
        ("[telegram]\nmode = 'webhok'", 'telegram.mode: "webhok" is not known here; write "polling" or "webhook"'),
        (
            "[telegram]\ntoken = 'geheim geheim'",
            "telegram.token: what is there has a space or a letter that no token has; "
            "write it exactly as the platform shows it",
        ),
        (
            "[telegram]\nsecret_token = 'geheim:'",
            "telegram.secret_token: what is there is not a secret token; write 1 to 256 of A-Z a-z 0-9 _ -",
        ),
        (
            "[line]\nbase_url = 'api.line.me'",
            'line.base_url: "api.line.me" is not an http address; write "https://api.line.me"',
        ),
        (
            "[line]\nblob_base_url = 'https://x.test/'",
            'line.blob_base_url: "https://x.test/" ends with a slash; write "https://x.test"',
        ),
        ("[web]\nchat = 'yes'", 'web.chat: "yes" is neither true nor false; write true or false'),
        ("[seal]\nkeystore = ''", 'seal.keystore: "" is not a folder; write "data/..."'),
        (
            "[seal]\narchive_recipients = ['mali:12']",
            'seal.archive_recipients: "mali:12" is not the public key of a recipient; '
            'write "name:key", the key as 64 hexadecimal digits',
        ),
        (
            "[seal]\narchive_recipients = 'mali'",
            'seal.archive_recipients: "mali" is not a list of keys; '
            'write ["name:key", the key as 64 hexadecimal digits]',
        ),
        ("[digest]\ntimes = '07:00'", 'digest.times: "07:00" is not a list of times; write ["07:00", "18:00"]'),
        ('[digest]\ntimes = ["7 o\'clock"]', 'digest.times: "7 o\'clock" is not a time of day; write "07:00"'),
        ("[digest]\ntimes = ['24:00']", 'digest.times: "24:00" is not a time of day; write "07:00"'),
        (
            "[digest]\ntimezone = 'asia/bangkok '",
            'digest.timezone: "asia/bangkok " is not a time zone; write "Asia/Bangkok"',
        ),
        ("[digest]\ntimezone = 'Asia'", 'digest.timezone: "Asia" is not a time zone; write "Asia/Bangkok"'),
        ("[digest]\ntimezone = 7", 'digest.timezone: 7 is not a time zone; write "Asia/Bangkok"'),
        ("[limits]\nbatch = 0", "limits.batch: 0 is not a whole number from 1 to 4096; write 256"),
        (
            "[limits]\nweb_per_second = nan",
            "limits.web_per_second: NaN is not a number from 0.1 to 100000; write 200.0",
        ),
        ("[retention]\ninbox_days = 1", "retention.inbox_days: 1 is not a whole number from 2 to 365; write 30"),
        ("[emergency]\nTH = '191'", 'emergency.TH: "191" is not a table of numbers to call; write Police = "191"'),
        ("[emergency.TH]\nPolice = 191", 'emergency.TH: 191 is not a number to call for "Police"; write "191"'),
        ("[emergency.TH]\nPolice = 'ask'", 'emergency.TH: "ask" is not a number to call for "Police"; write "191"'),
        ("[emergency.TH]\n'' = '191'", 'emergency.TH: "191" does not say who answers; write Police = "191"'),
        ("[emergency.VN]\nPolice = '113'", "emergency.VN: there is no such setting; the nearest is emergency.TH"),
    ],
)
def test_a_wrong_line_is_named_with_what_to_write(toml: str, said: str, tmp_path: Path) -> None:
    assert problems(file(tmp_path, toml)) == (said,)


@pytest.mark.parametrize(
    "url",
    [
        "postgres://user:geheim@host/x",
        "postgresql+asyncpg://user:geheim@host",
        "sqlite:///x.db",
        "sqlite+aiosqlite://",
        "sqlite+aiosqlite:///:memory:",
        "geheim",
        "",
    ],
)
def test_another_database_is_refused_without_repeating_its_password(url: str) -> None:
    assert problems(NTSWATCH_DATABASE__URL=url) == (
        "NTSWATCH_DATABASE__URL: what is there is not the address of a database we know; "
        "write sqlite+aiosqlite:///data/ntswatch.db or postgresql+asyncpg://user:password@host/database",
    )


def test_two_recipients_have_two_names(tmp_path: Path) -> None:
    toml = "[seal]\narchive_recipients = ['{0}:{1}', '{2}:{1}']"
    assert len(read(file(tmp_path, toml.format("mali", KEY, "somsak")), {}).seal.archive_recipients) == 2
    (said,) = problems(file(tmp_path, toml.format("mali", KEY, "mali")))
    assert said.endswith(" has the name of another recipient; write a name of its own")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        (
            {"NTSWATCH_TELEGRAM__TOKN": "geheim"},
            "NTSWATCH_TELEGRAM__TOKN: there is no such setting; the nearest is NTSWATCH_TELEGRAM__TOKEN",
        ),
        (
            {"NTSWATCH_SERVER__PORT_FILE": "/x"},
            "NTSWATCH_SERVER__PORT_FILE: there is no such setting; the nearest is NTSWATCH_SERVER__PORT",
        ),
        (
            {"NTSWATCH_TELEGRAM__TOKEN": "geheim", "NTSWATCH_TELEGRAM__TOKEN_FILE": "/x"},
            "NTSWATCH_TELEGRAM__TOKEN_FILE: NTSWATCH_TELEGRAM__TOKEN is set as well; keep one of the two",
        ),
        (
            {"NTSWATCH_TELEGRAM__TOKEN_FILE": "/geheim"},
            "NTSWATCH_TELEGRAM__TOKEN_FILE: the file it names cannot be read (No such file or directory); "
            "write the path of a file with only the secret",
        ),
        ({"NTSWATCH_DIGEST__TIMES": "07:00,7"}, 'NTSWATCH_DIGEST__TIMES: "7" is not a time of day; write 07:00'),
        ({"NTSWATCH_WEB__CHAT": "1"}, 'NTSWATCH_WEB__CHAT: "1" is neither true nor false; write true or false'),
        (
            {"NTSWATCH_LIMITS__BATCH": "2.5"},
            'NTSWATCH_LIMITS__BATCH: "2.5" is not a whole number from 1 to 4096; write 256',
        ),
        (
            {"NTSWATCH_EMERGENCY__LA": "Police 1191"},
            'NTSWATCH_EMERGENCY__LA: "Police 1191" does not say who answers; write Police = 191',
        ),
    ],
)
def test_a_wrong_variable_is_named_with_what_to_write(environ: dict[str, str], said: str) -> None:
    assert problems(**environ) == (said,)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b" \n", "the file it names is empty; put the secret into it, or leave the variable out"),
        (
            b"\xff\xfe",
            "the file it names cannot be read (it is not text); write the path of a file with only the secret",
        ),
    ],
)
def test_a_file_without_a_secret_is_an_error_not_an_empty_secret(content: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    assert problems(NTSWATCH_TELEGRAM__TOKEN_FILE=str(path)) == (f"NTSWATCH_TELEGRAM__TOKEN_FILE: {why}",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"[server\n",
            "is not TOML: Expected ']' at the end of a table declaration (at line 1, column 8); "
            "compare that line with config.example.toml",
        ),
        (b"x = " + b"9" * 5000, "is not TOML: "),
        (b"\xff", "is not UTF-8; save it as UTF-8"),
    ],
)
def test_an_unreadable_file_is_said_to_be_one(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    (problem,) = problems(path)
    assert problem.startswith(f"{path}: {said}")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert problems(tmp_path) == (
        f"{tmp_path}: cannot be read (Is a directory); make it a file that the bot's account may read",
    )


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    said = problems(
        file(tmp_path, "[server]\nport = ''\nprt = 1\n[limits]\nbatch = ''"), NTSWATCH_WEB__CHAT="no", NTSWATCH_X="1"
    )
    assert {problem.partition(":")[0] for problem in said} == {
        "server.port", "server.prt", "limits.batch", "NTSWATCH_WEB__CHAT", "NTSWATCH_X",
    }  # fmt: skip


# --- settings that are fine alone and not together


def test_a_webhook_needs_an_address_and_a_secret() -> None:
    webhook = {"NTSWATCH_TELEGRAM__MODE": "webhook"}
    address = {"NTSWATCH_SERVER__PUBLIC_URL": "https://bot.example.org"}
    secret = {"NTSWATCH_TELEGRAM__SECRET_TOKEN": "a" * 256}
    no_address = (
        'server.public_url: "" is not an https address, and telegram.mode = "webhook" needs one; '
        'write "https://bot.example.org", or telegram.mode = "polling"'
    )
    no_secret = (
        'telegram.secret_token: is empty, and telegram.mode = "webhook" needs one; write what `openssl rand -hex 32` '
        'prints, or telegram.mode = "polling"'
    )
    assert read(None, webhook | address | secret).telegram.mode == "webhook"
    assert problems(**webhook) == (no_address, no_secret)
    assert problems(**webhook, **address) == (no_secret,)
    assert problems(**webhook, **secret) == (no_address,)
    here = {"NTSWATCH_SERVER__PUBLIC_URL": "http://localhost"}
    assert problems(**webhook, **secret, **here) == (no_address.replace('""', '"http://localhost"'),)


@pytest.mark.parametrize(("there", "missing"), [("secret", "access_token"), ("access_token", "secret")])
def test_line_needs_its_secret_and_its_token(there: str, missing: str) -> None:
    assert problems(**{f"NTSWATCH_LINE__CHANNEL_{there.upper()}": "geheim"}) == (
        f"line.channel_{missing}: is missing while line.channel_{there} is set; "
        "write it, or leave both empty to do without LINE",
    )


def test_a_half_report_is_offered_before_it_goes() -> None:
    assert problems(NTSWATCH_LIMITS__HALF_REPORT_HOURS="2.5", NTSWATCH_RETENTION__HALF_REPORT_HOURS="2") == (
        "limits.half_report_hours: 2.5 is not less than retention.half_report_hours (2), so a half report would be "
        "gone before it is offered again; write 1.0",
    )


def test_a_wrong_value_is_not_said_twice() -> None:
    (said,) = problems(
        NTSWATCH_TELEGRAM__MODE="webhook",
        NTSWATCH_TELEGRAM__SECRET_TOKEN="a" * 257,
        NTSWATCH_SERVER__PUBLIC_URL="https://bot.example.org",
    )
    assert said.startswith("NTSWATCH_TELEGRAM__SECRET_TOKEN: what is there is not a secret token")


# --- secrets


def test_no_secret_is_ever_shown() -> None:
    secret = {variable(name): "geheim" for name in SECRETS if name != "database.url"}
    settings = read(None, {**secret, "NTSWATCH_DATABASE__URL": POSTGRES})
    assert "geheim" not in repr(settings)
    assert "geheim" not in "".join(warnings(settings))
    wrong = {variable(name): "geheim geheim" for name in SECRETS}
    files = {f"{variable(name)}_FILE": "geheim" for name in SECRETS}
    assert "geheim" not in "".join([*problems(**wrong), *problems(**files)])


@pytest.mark.parametrize(("length", "weak"), [(0, False), (15, True), (16, False)])
def test_a_short_secret_is_warned_of(length: int, weak: bool) -> None:
    every = [name for name in SECRETS if name != "database.url"]
    said = warnings(read(None, {variable(name): "x" * length for name in every}))
    assert [name for name in every if any(w.startswith(f"{name}: is shorter") for w in said)] == (every if weak else [])


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        (
            {"NTSWATCH_WEB__CHAT": "false"},
            "web.chat: is false and neither Telegram nor LINE is set up, so nobody can report; write true",
        ),
        (
            {
                "NTSWATCH_TELEGRAM__MODE": "webhook",
                "NTSWATCH_TELEGRAM__SECRET_TOKEN": string.ascii_letters,
                "NTSWATCH_SERVER__PUBLIC_URL": "https://bot.example.org",
            },
            'telegram.token: is empty although telegram.mode is "webhook", so Telegram is off; write the token',
        ),
        (
            {
                "NTSWATCH_LINE__CHANNEL_SECRET": string.ascii_lowercase,
                "NTSWATCH_LINE__CHANNEL_ACCESS_TOKEN": string.ascii_uppercase,
            },
            'server.public_url: is empty, LINE has nowhere to call; write "https://bot.example.org"',
        ),
        (
            {"NTSWATCH_TELEGRAM__BASE_URL": "http://api.example.org/bot"},
            "telegram: an address of the platform is not encrypted, its token travels in the open; write https",
        ),
        ({"NTSWATCH_TELEGRAM__BASE_URL": "http://127.0.0.1:8081/bot"}, None),
    ],
)
def test_what_is_unwise_is_said(environ: dict[str, str], said: str | None) -> None:
    assert warnings(read(None, environ)) == ([said] if said else [])


TOKEN = "4242:AAHdqTcvCH1vGWJxfSeofSAs0K5"


@pytest.mark.parametrize(
    ("environ", "about"),
    [
        ({"NTSWATCH_TELEGRAM__TOKEN": "abababababababababababab"}, "2 different characters"),
        ({"NTSWATCH_TELEGRAM__TOKEN": TOKEN, "NTSWATCH_TELEGRAM__SECRET_TOKEN": TOKEN.replace(":", "_")}, ""),
        (
            {"NTSWATCH_LINE__CHANNEL_SECRET": TOKEN, "NTSWATCH_LINE__CHANNEL_ACCESS_TOKEN": TOKEN},
            "is the same as line.channel_access_token",
        ),
        ({"NTSWATCH_DATABASE__URL": "postgresql+asyncpg://nts:nts@db/nts"}, "its password"),
        ({"NTSWATCH_DATABASE__URL": f"postgresql+asyncpg://nts:{TOKEN.replace(':', '')}@db/nts"}, ""),
        ({"NTSWATCH_DATABASE__URL": "postgresql+asyncpg://nts@db/nts"}, ""),  # a local account needs none
    ],
)
def test_a_plain_or_shared_secret_is_warned_of(environ: dict[str, str], about: str) -> None:
    said = [w for w in warnings(read(None, environ)) if "server.public_url" not in w]
    assert all(about in w for w in said)
    assert bool(said) is bool(about)
    assert TOKEN not in "".join(said)


@pytest.mark.parametrize(("mode", "seen"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_files_that_others_may_read_are_pointed_at(tmp_path: Path, mode: int, seen: bool) -> None:
    with_token, secret = file(tmp_path, f'[telegram]\ntoken = "{TOKEN}"\n'), tmp_path / "secret"
    secret.write_text(TOKEN, "utf-8")
    with_token.chmod(mode)
    secret.chmod(mode)
    said = exposed(with_token, {"NTSWATCH_LINE__CHANNEL_SECRET_FILE": str(secret)})
    assert len(said) == 2 * seen
    assert all(f"mode {mode:o}" in line and "chmod" in line for line in said)
    assert not any(TOKEN in line or str(secret) in line for line in said)


def test_settings_without_a_secret_may_be_read_by_anybody(tmp_path: Path) -> None:
    plain = file(tmp_path, '[telegram]\ntoken = ""\n[database]\nurl = "postgresql+asyncpg://nts@/nts"\n')
    plain.chmod(0o644)
    assert exposed(plain, {"NTSWATCH_LINE__CHANNEL_SECRET_FILE": str(tmp_path / "gone")}) == []
    assert exposed(tmp_path / "none.toml", {}) == exposed(None, {}) == []


def test_a_bot_api_server_on_this_machine_takes_a_webhook_without_tls() -> None:
    given = {
        "NTSWATCH_TELEGRAM__MODE": "webhook",
        "NTSWATCH_TELEGRAM__SECRET_TOKEN": "a" * 32,
        "NTSWATCH_TELEGRAM__BASE_URL": "http://127.0.0.1:8081/bot",
        "NTSWATCH_SERVER__PUBLIC_URL": "http://127.0.0.1:8080",
    }
    assert read(None, given).telegram.mode == "webhook"
    with pytest.raises(BadSettings, match="https"):
        read(None, {**given, "NTSWATCH_TELEGRAM__BASE_URL": "https://api.telegram.org/bot"})
