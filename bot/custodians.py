"""Commands for copies and for the archive: most of them are for machines that are not the server."""

import getpass
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import orjson
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import DBAPIError

from bot.commands import NO_DATABASE, Cannot, recorded
from bot.settings import Settings
from storage import backups, custody, schema
from storage.custody import Custodian, WrongKey


def backup(settings: Settings, given: Namespace) -> int:
    source = _sqlite(settings, "PostgreSQL is backed up by its own tools: pg_dump, or a base backup with its WAL")
    if not source.exists():
        raise Cannot(NO_DATABASE)
    recipients, target = settings.seal.backup_recipients, given.file
    free = target.parent.is_dir() and not (target.exists() or backups.keys_of(target).exists())
    if free and not _written_down(
        settings, source, sealed="yes" if recipients else "no"
    ):  # first: nobody copies unseen
        print("The database is of an older version: its history cannot take a line of this.", file=sys.stderr)
    try:
        backups.backup(str(source), target, recipients)
    except FileExistsError:
        raise Cannot(f"{target} is there already; name a new file") from None
    except OSError as bad:
        raise Cannot(f"{target}: cannot be written ({bad.strerror}); name a file in a folder that is there") from None
    print(f"Copied to {target} and {backups.keys_of(target)}. The keystore is not in it; keep it elsewhere.")
    if not recipients:
        print("They are not sealed: set seal.backup_recipients before they leave this machine.", file=sys.stderr)
    return 0


def _written_down(settings: Settings, source: Path, **facts: str) -> bool:
    """Add a line to the history; False for a database from before an upgrade, which cannot take it."""
    engine = create_engine(f"sqlite:///{source}")
    try:
        with engine.begin() as connection:
            if not schema.at_head(connection):
                return False
            recorded(settings, lambda _: None, "backup", **facts)(connection)
            return True
    except DBAPIError as bad:
        raise Cannot(f"the database is not reachable ({type(bad).__name__}); check database.url") from None
    finally:
        engine.dispose()


def restore(settings: Settings, given: Namespace) -> int:
    target = _sqlite(settings, "for PostgreSQL restore with its own tools")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        whole = backups.restore(given.file, target, [c.age for c in _custodians(given.key)])
    except FileExistsError:
        raise Cannot(f"{target} is there already; move it away first") from None
    except backups.NotOpened as bad:
        raise Cannot(f"{given.file}: {bad}") from None
    except OSError as bad:
        raise Cannot(f"{bad.filename}: {bad.strerror}") from None
    print(f"Restored to {target}. Now: ntswatch migrate, then ntswatch check.")
    if not whole:
        print(f"{backups.keys_of(given.file)} is not there: no case can be opened.", file=sys.stderr)
    return 0


def archive(_: Settings, given: Namespace) -> int:
    return _keygen(given.file) if given.action == "keygen" else _open(given)


def _keygen(file: Path) -> int:
    made = Custodian.new()
    passphrase = _passphrase(f"A passphrase for {file}: ")
    if not passphrase:
        raise Cannot("a key without a passphrase is a key for whoever finds it; write one")
    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as bad:
        raise Cannot(f"{file}: {bad.strerror}") from None
    with os.fdopen(handle, "wb") as out:
        out.write(made.sealed(passphrase))
    archive_line, backup_line = made.public(file.stem)
    print(f"Keep {file} and its passphrase apart, offline. For [seal] in the server's config.toml:")
    print(f'archive_recipients = ["{archive_line}"]')
    print(f'backup_recipients = ["{backup_line}"]')
    return 0


def _open(given: Namespace) -> int:
    """Every case these keys open, as a line of JSON; with a copy of the media folder, their files too."""
    custodians = _custodians(given.key)
    if not custodians:
        raise Cannot("name the key files with --key")
    if (given.media is None) != (given.out is None):
        raise Cannot("--media and --out go together")
    work = given.file.with_name(f".{given.file.name}.opened")
    try:
        backups.restore(given.file, work, [c.age for c in custodians])
        for case in custody.opened(work, custodians):
            print(orjson.dumps(case.facts).decode())
            for name, content in custody.files(case, given.media) if given.media else ():
                given.out.mkdir(mode=0o700, parents=True, exist_ok=True)
                (given.out / f"{figures(case.facts['number'])}-{name}").write_bytes(content)
    except backups.NotOpened as bad:
        raise Cannot(f"{given.file}: {bad}") from None
    except OSError as bad:
        raise Cannot(f"{bad.filename}: {bad.strerror}") from None
    finally:
        work.unlink(missing_ok=True)
    return 0


def figures(number: object) -> str:
    """The digits of a case's number: whoever has taken over the server writes what stands in a backup."""
    return "".join(letter for letter in str(number) if letter in "0123456789-")


def _custodians(files: Sequence[Path]) -> list[Custodian]:
    found = []
    for file in files:
        try:
            found.append(Custodian.read(file.read_bytes(), _passphrase(f"The passphrase of {file}: ")))
        except OSError as bad:
            raise Cannot(f"{file}: {bad.strerror}") from None
        except WrongKey:
            raise Cannot(f"{file}: not a key of `ntswatch archive keygen`, or another passphrase") from None
    return found


def _passphrase(ask: str) -> str:
    """Asked for at a terminal; otherwise the next line of what is piped in."""
    return getpass.getpass(ask) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def _sqlite(settings: Settings, otherwise: str) -> Path:
    url = make_url(settings.database.url)
    if url.get_backend_name() != "sqlite":
        raise Cannot(otherwise)
    return Path(url.database or "")
