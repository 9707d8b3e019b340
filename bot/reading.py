"""config.toml and the environment become one frozen value, or a list of what to write instead."""

import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from hmac import compare_digest
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from bot.dotted import (
    Kind,
    Unfit,
    is_loopback,
    shown,
    split,
)
from bot.settings import Media, Settings
from handlers.values import dataclass

DEFAULT = Path("config.toml")
PREFIX = "NTSWATCH_"
OTHERS_READ = stat.S_IRGRP | stat.S_IROTH
NOT_SETTINGS = ("NTSWATCH_TEST_", "NTSWATCH_REQUIRE_ALL", "NTSWATCH_FAULTS", "NTSWATCH_CONFIG")
FEWEST_LETTERS = 8  # different ones in a secret: sixteen random hexadecimal digits have fewer once in 400 times
SHORTEST_SECRET = 16  # characters; the platforms' own are twice as long, and this many random ones cannot be guessed


class BadSettings(Exception):
    """The settings cannot be used. `problems` says everything that is wrong, and what to write."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: how its value is read, and whether it is a secret."""

    kind: Kind
    secret: bool


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody wrote for a setting, and where: its name, or the variable's."""

    where: str
    value: object


SECTIONS: Mapping[str, Any] = MappingProxyType({section.name: section.type for section in fields(Settings)})
KEYS: Mapping[str, Key] = MappingProxyType(
    {
        f"{section}.{key.name}": Key(key.metadata["kind"], secret=not key.repr)
        for section, type_ in SECTIONS.items()
        for key in fields(type_)
    }
)


def names() -> list[str]:
    """Every setting as `section.key`."""
    return list(KEYS)


def variable(name: str) -> str:
    """The environment variable of a setting, such as `NTSWATCH_SERVER__PORT` of `server.port`."""
    return PREFIX + name.replace(".", "__").upper()


def read(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of a file (None: the defaults), overridden by the environment. Raises BadSettings with all there is.

    The default file may be missing where the environment sets anything: a container needs none.
    """
    problems: list[str] = []
    from_environ = dict(_from_environ(environ, problems))
    table = _load(path, bool(from_environ), problems) if path else {}
    written = dict(_from_table(table or {}, problems)) | from_environ
    values = {name: value for name, found in written.items() for value in _value(name, found, problems)}
    settings = Settings(**{section: type_(**_of(section, values)) for section, type_ in SECTIONS.items()})
    if table is not None:
        unread = written.keys() - values.keys()
        problems.extend(problem for about, problem in _contradictions(settings) if unread.isdisjoint(about))
    if problems:
        raise BadSettings(tuple(problems))
    return settings


def exposed(path: Path | None, environ: Mapping[str, str]) -> list[str]:
    """Files with secrets in them that others on this machine may read, for `ntswatch check`."""
    found = []
    if path and path.exists() and _holds_secrets(path):
        found += _open_to_others(str(path), path, "600")
    for name, key in KEYS.items():
        file = environ.get(f"{variable(name)}_FILE", "") if key.secret else ""
        if file and Path(file).exists():  # its path is not repeated: somebody may have put the secret itself there
            found += _open_to_others(f"the file of {variable(name)}_FILE", Path(file), "400")
    return found


def _holds_secrets(path: Path) -> bool:
    """Whether any secret stands in a file of settings; a database without a password is none."""
    try:
        table = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError):
        return False  # said already where the settings are read
    held = {name: str(w.value) for name, w in _from_table(table, []) if KEYS[name].secret and w.value}
    url = urlsplit(held.pop("database.url", ""))
    return bool(held) or bool(url.password)


def _open_to_others(name: str, path: Path, wanted: str) -> list[str]:
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & OTHERS_READ:
        return []
    return [f"{name}: mode {mode:o} lets others read the secrets in it; chmod {wanted} it"]


def warnings(settings: Settings) -> list[str]:
    """What is allowed but unwise, for `ntswatch check`."""
    return list(_warnings(settings))


def _load(path: Path, may_be_missing: bool, problems: list[str]) -> dict[str, Any] | None:
    """The file as TOML; None when it cannot be read. A byte order mark (Windows' Notepad writes one) does no harm."""
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        if path == DEFAULT and may_be_missing:
            return {}
        problems.append(f"{path}: there is no such file; run `cp config.example.toml {path}`, then fill it in")
    except OSError as error:
        problems.append(f"{path}: cannot be read ({error.strerror}); make it a file that the bot's account may read")
    except UnicodeDecodeError:
        problems.append(f"{path}: is not UTF-8; save it as UTF-8")
    except ValueError as error:  # TOMLDecodeError is one, and tomllib lets out that of a number of 5,000 digits
        problems.append(f"{path}: is not TOML: {error}; compare that line with config.example.toml")
    return None


def _from_table(table: Mapping[str, Any], problems: list[str]) -> Iterator[tuple[str, Written]]:
    for section, keys in table.items():
        if section not in SECTIONS:
            problems.append(_no_section(section, keys))
        elif not isinstance(keys, dict):
            problems.append(f"{section}: {section} is a section; write [{section}] and its keys below")
        else:
            for key, value in keys.items():
                name = f"{section}.{key}"
                if name in KEYS:
                    yield name, Written(name, value)
                else:
                    problems.append(f"{name}: there is no such setting; {_nearest(name, KEYS, section)}")


def _no_section(name: str, keys: object) -> str:
    if isinstance(keys, dict):
        near = get_close_matches(name, SECTIONS, 1, 0.0)[0]
        return f"{name}: there is no such section; the nearest is [{near}]"
    by_key = {known.partition(".")[2]: known for known in KEYS}
    near = by_key[get_close_matches(name, by_key, 1, 0.0)[0]]
    section, _, key = near.partition(".")
    return f"{name}: there is no such setting outside a section; the nearest is {key} below [{section}]"


def _nearest(name: str, known: Mapping[str, object], section: str = "") -> str:
    """The closest known name; below the same section if nothing is close."""
    near = get_close_matches(name, known, 1, 0.7) or get_close_matches(
        name, [k for k in known if k.startswith(f"{section}.")] or known, 1, 0.0
    )
    return f"the nearest is {near[0]}"


def _from_environ(environ: Mapping[str, str], problems: list[str]) -> Iterator[tuple[str, Written]]:
    by_variable = {variable(name): name for name in KEYS}
    by_file = {f"{variable(name)}_FILE": name for name, key in KEYS.items() if key.secret}
    for name, text in sorted(environ.items()):
        if not name.startswith(PREFIX) or name.startswith(NOT_SETTINGS[0]) or name in NOT_SETTINGS:
            continue
        if name in by_variable:
            yield by_variable[name], Written(name, KEYS[by_variable[name]].kind.parse(text.strip()))
        elif name not in by_file:
            problems.append(f"{name}: there is no such setting; {_nearest(name, {**by_variable, **by_file})}")
        elif variable(by_file[name]) in environ:
            problems.append(f"{name}: {variable(by_file[name])} is set as well; keep one of the two")
        else:
            yield by_file[name], Written(name, _secret_in(name, text, problems))


def _secret_in(name: str, file: str, problems: list[str]) -> object:
    """The secret in a file; None when there is none, which was said then. `file` is not repeated: it happens that
    somebody puts the secret itself there.
    """
    try:
        secret = Path(file).read_text("utf-8-sig").strip()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        problems.append(
            f"{name}: the file it names cannot be read ({why}); write the path of a file with only the secret"
        )
        return None
    if not secret:
        problems.append(f"{name}: the file it names is empty; put the secret into it, or leave the variable out")
    return secret or None


def _value(name: str, written: Written, problems: list[str]) -> Iterator[Any]:
    """The value of a setting, unless it has none."""
    if written.value is None:
        return
    try:
        yield KEYS[name].kind.read(written.value)
    except Unfit as unfit:
        there = "what is there" if KEYS[name].secret else shown(unfit.value)
        write = unfit.write.replace('"', "") if written.where.startswith(PREFIX) else unfit.write
        problems.append(f"{written.where}: {there} {unfit.why}; write {write}")


def _of(section: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name.partition(".")[2]: value for name, value in values.items() if name.partition(".")[0] == section}


def _contradictions(settings: Settings) -> Iterator[tuple[tuple[str, ...], str]]:
    """Settings that are fine alone and not together: which, and what to write."""
    telegram, line = settings.telegram, settings.line
    if telegram.mode == "webhook":
        # Telegram's own server takes nothing but https; a Bot API server on this machine takes http as well.
        near = is_loopback(urlsplit(telegram.base_url).hostname or "")
        if not settings.server.public_url.startswith(("https://", "http://") if near else "https://"):
            yield (
                ("telegram.mode", "server.public_url"),
                f"server.public_url: {shown(settings.server.public_url)} is not an https address, and telegram.mode = "
                '"webhook" needs one; write "https://bot.example.org", or telegram.mode = "polling"',
            )
        if not telegram.secret_token:
            yield (
                ("telegram.mode", "telegram.secret_token"),
                'telegram.secret_token: is empty, and telegram.mode = "webhook" needs one; write what '
                '`openssl rand -hex 32` prints, or telegram.mode = "polling"',
            )
    if bool(line.channel_secret) != bool(line.channel_access_token):
        missing, there = "channel_secret", "channel_access_token"
        if line.channel_secret:
            missing, there = there, missing
        yield (
            ("line.channel_secret", "line.channel_access_token"),
            f"line.{missing}: is missing while line.{there} is set; write it, or leave both empty to do without LINE",
        )
    yield from _contradictions_of_media(settings.media)
    offered, kept = settings.limits.half_report_hours, settings.retention.half_report_hours
    if offered >= kept:
        yield (
            ("limits.half_report_hours", "retention.half_report_hours"),
            f"limits.half_report_hours: {offered:g} is not less than retention.half_report_hours ({kept}), so a half "
            "report would be gone before it is offered again; write 1.0",
        )


def _contradictions_of_media(media: Media) -> Iterator[tuple[tuple[str, ...], str]]:
    if media.store and find_spec("obstore") is None:
        yield (
            ("media.store",),
            'media.store: needs obstore, which is not installed; run `pip install "ntswatch[s3]"`, or write "" to keep '
            "files in media.folder",
        )
    if media.store and bool(media.s3_access_key) != bool(media.s3_secret_key):
        missing, there = "s3_access_key", "s3_secret_key"
        if media.s3_access_key:
            missing, there = there, missing
        yield (
            ("media.store", "media.s3_access_key", "media.s3_secret_key"),
            f"media.{missing}: is missing while media.{there} is set; write it, or leave both empty to use the role of "
            "the machine",
        )


def _weak(settings: Settings) -> Iterator[str]:
    """Secrets that could be guessed, or that are shared."""
    telegram, line, media = settings.telegram, settings.line, settings.media
    secrets = {
        "telegram.token": (telegram.token, "copy it whole from BotFather"),
        "telegram.secret_token": (telegram.secret_token, "write what `openssl rand -hex 32` prints"),
        "line.channel_secret": (line.channel_secret, "copy it whole from the LINE Developers console"),
        "line.channel_access_token": (line.channel_access_token, "copy it whole from the LINE Developers console"),
        "translation.api_key": (settings.translation.api_key, "have the service make a longer one"),
        "media.s3_access_key": (media.s3_access_key, "have your store make a longer one"),
        "media.s3_secret_key": (media.s3_secret_key, "have your store make a longer one"),
    }
    for name, (secret, advice) in secrets.items():
        if 0 < len(secret) < SHORTEST_SECRET:
            yield f"{name}: is shorter than {SHORTEST_SECRET} characters and could be guessed; {advice}"
        elif secret and len(set(secret)) < FEWEST_LETTERS:
            yield f"{name}: is made of {len(set(secret))} different characters and could be guessed; {advice}"
        same = next((other for other, (kept, _) in secrets.items() if other < name and _same(kept, secret)), "")
        if secret and same:
            yield f"{name}: is the same as {same}: who learns one has both; {advice}"
    url = urlsplit(settings.database.url)
    if url.password is not None and (len(url.password) < SHORTEST_SECRET or _same(url.password, url.username)):
        yield (
            f"database.url: its password is shorter than {SHORTEST_SECRET} characters, or is the account's name; "
            "have `openssl rand -hex 16` make one"
        )


def _same(one: str, other: str | None) -> bool:
    return compare_digest(one.encode(), (other or "").encode())


def _warnings(settings: Settings) -> Iterator[str]:
    telegram, line, media = settings.telegram, settings.line, settings.media
    yield from _weak(settings)
    if telegram.mode == "webhook" and not telegram.token:
        yield 'telegram.token: is empty although telegram.mode is "webhook", so Telegram is off; write the token'
    if line.channel_secret and not settings.server.public_url:
        yield 'server.public_url: is empty, LINE has nowhere to call; write "https://bot.example.org"'
    if not (telegram.token or line.channel_secret or settings.web.chat):
        yield "web.chat: is false and neither Telegram nor LINE is set up, so nobody can report; write true"
    used = {"telegram": (telegram.base_url, telegram.base_file_url), "line": (line.base_url, line.blob_base_url)}
    for section, addresses in used.items():
        if any(_in_the_open(address) for address in addresses):
            yield f"{section}: an address of the platform is not encrypted, its token travels in the open; write https"
    if _in_the_open(media.s3_endpoint):
        yield "media.s3_endpoint: is not encrypted, anybody on the way sees which files come and go; write https"
    if media.s3_endpoint and not media.store:
        yield 'media.store: is empty although media.s3_endpoint is set, files stay here; write "s3://bucket"'


def _in_the_open(address: str) -> bool:
    found = split(address)
    return found is not None and found.scheme == "http" and not is_loopback(found.hostname or "")
