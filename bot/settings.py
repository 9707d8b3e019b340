"""The settings as one frozen value: sections, keys, defaults, and the rule of what each may be."""

from collections.abc import Mapping
from dataclasses import field
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.dotted import (
    AGE_KEYS,
    CLAMD,
    DATABASE,
    DAYS_BY_KIND,
    FLAG,
    FOLDER,
    FOLDER_OR_NONE,
    HOST_NAME,
    MINUTES,
    NUMBERS,
    PERCENT_BY_KIND,
    PUBLIC_URL,
    RECIPIENTS,
    S3_ENDPOINT,
    S3_PLACE,
    S3_REGION,
    TIMES,
    TIMEZONE,
    TOKEN,
    TRANSLATOR,
    WEBHOOK_TOKEN,
    Numbers,
    api,
    number,
    one_of,
    whole,
)
from handlers.values import dataclass
from locales import N


@dataclass(frozen=True, slots=True)
class Database:
    """Where cases are kept; the address may hold a password."""

    url: str = field(default="sqlite+aiosqlite:///data/ntswatch.db", repr=False, metadata=DATABASE)


@dataclass(frozen=True, slots=True)
class Server:
    """Where we listen, and the address the world knows us by (without a slash at its end, empty: none)."""

    host: str = field(default="127.0.0.1", metadata=HOST_NAME)
    port: int = field(default=8080, metadata=whole(0, 65535, 8080))  # 0: any free one, for tests
    public_url: str = field(default="", metadata=PUBLIC_URL)


@dataclass(frozen=True, slots=True)
class Telegram:
    """The Telegram bot; off without a token. The token is appended to both addresses."""

    token: str = field(default="", repr=False, metadata=TOKEN)
    mode: str = field(default="polling", metadata=one_of("polling", "webhook"))
    secret_token: str = field(default="", repr=False, metadata=WEBHOOK_TOKEN)
    base_url: str = field(default="https://api.telegram.org/bot", metadata=api("https://api.telegram.org/bot"))
    base_file_url: str = field(
        default="https://api.telegram.org/file/bot", metadata=api("https://api.telegram.org/file/bot")
    )


@dataclass(frozen=True, slots=True)
class Line:
    """The LINE Official Account; off without its secret and token."""

    channel_secret: str = field(default="", repr=False, metadata=TOKEN)
    channel_access_token: str = field(default="", repr=False, metadata=TOKEN)
    base_url: str = field(default="https://api.line.me", metadata=api("https://api.line.me"))
    blob_base_url: str = field(default="https://api-data.line.me", metadata=api("https://api-data.line.me"))
    groups: str = field(default="always", metadata=one_of("always", "alerts", "fallback"))


@dataclass(frozen=True, slots=True)
class Web:
    """The chat page."""

    chat: bool = field(default=True, metadata=FLAG)


@dataclass(frozen=True, slots=True)
class Seal:
    """Where the keys are, whose offline keys (`name:key`, see `storage.vault.Recipient`) open the archive, and whose
    (age's public keys) the backups.
    """

    keystore: Path = field(default=Path("data/keys"), metadata=FOLDER)
    archive_recipients: tuple[str, ...] = field(default=(), metadata=RECIPIENTS)
    backup_recipients: tuple[str, ...] = field(default=(), metadata=AGE_KEYS)


@dataclass(frozen=True, slots=True)
class Media:
    """Where photos, videos and voice messages are kept, sealed: in the folder, or in a store for several machines.

    Without an endpoint the store is Amazon's; without keys the machine's own role is asked.
    """

    folder: Path = field(default=Path("data/media"), metadata=FOLDER)
    store: str = field(default="", metadata=S3_PLACE)
    s3_endpoint: str = field(default="", metadata=S3_ENDPOINT)
    s3_region: str = field(default="us-east-1", metadata=S3_REGION)
    s3_access_key: str = field(default="", repr=False, metadata=TOKEN)
    s3_secret_key: str = field(default="", repr=False, metadata=TOKEN)
    clamd: str = field(default="", metadata=CLAMD)


@dataclass(frozen=True, slots=True)
class Voice:
    """Where recordings of the questions are, by language (see bot.voices); none: nobody is offered to hear them."""

    folder: Path | None = field(default=None, metadata=FOLDER_OR_NONE)


@dataclass(frozen=True, slots=True)
class Translation:
    """The service that officers may have words translated by (LibreTranslate's interface); off without an address."""

    url: str = field(default="", metadata=TRANSLATOR)
    api_key: str = field(default="", repr=False, metadata=TOKEN)


@dataclass(frozen=True, slots=True)
class Digest:
    """When groups get their digest: times of day in this zone, in order."""

    times: tuple[time, ...] = field(default=(time(7), time(18)), metadata=TIMES)
    timezone: str = field(default="Asia/Bangkok", metadata=TIMEZONE)


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast messages leave (core.telegram.org/bots/faq, LINE's "rate limits"), and how much one person may do."""

    telegram_all_per_second: float = field(default=30.0, metadata=number(0.1, 100_000, 30.0))
    telegram_chat_per_second: float = field(default=1.0, metadata=number(0.1, 1_000, 1.0))
    telegram_chat_burst: int = field(default=3, metadata=whole(1, 1_000, 3))
    telegram_group_per_minute: int = field(default=20, metadata=whole(1, 60_000, 20))
    line_per_second: float = field(default=2_000.0, metadata=number(0.1, 100_000, 2_000.0))
    web_per_second: float = field(default=200.0, metadata=number(0.1, 100_000, 200.0))
    disk_files_percent: int = field(default=85, metadata=whole(1, 100, 85))
    disk_stop_percent: int = field(default=95, metadata=whole(1, 100, 95))
    reports_an_hour: int = field(default=10, metadata=whole(1, 100_000, 10))
    batch: int = field(default=256, metadata=whole(1, 4_096, 256))
    code_minutes: int = field(default=15, metadata=whole(1, 1_440, 15))
    half_report_hours: float = field(default=1.0, metadata=number(0.01, 720, 1.0))
    alert_delay_minutes: float = field(default=20.0, metadata=number(0, 240, 20.0))


@dataclass(frozen=True, slots=True)
class Desk:
    """How officers work on cases."""

    two_person_close: bool = field(default=False, metadata=FLAG)
    membership_minutes: float = field(default=10.0, metadata=number(0, 1_440, 10.0))
    invite_hours: float = field(default=24.0, metadata=number(0.1, 720, 24.0))
    second_link: str = field(default="auto", metadata=one_of("auto", "always", "never"))
    link_wait_hours: float = field(default=12.0, metadata=number(0.1, 720, 12.0))
    handover_hours: float = field(default=12.0, metadata=number(0.1, 720, 12.0))
    answer_days: float = field(default=5.0, metadata=number(0.1, 90, 5.0))
    overdue_new_hours: float = field(default=1.0, metadata=number(0.1, 720, 1.0))
    overdue_open_hours: float = field(default=72.0, metadata=number(1, 8_760, 72.0))


@dataclass(frozen=True, slots=True)
class Escalation:
    """How long a case waits before the next hears that nobody has taken it: minutes before each of the five steps."""

    life: tuple[int, ...] = field(default=(0, 0, 5, 5, 5), metadata=MINUTES)
    urgent: tuple[int, ...] = field(default=(10, 10, 10, 15, 15), metadata=MINUTES)
    other: tuple[int, ...] = field(default=(60, 60, 120, 240, 240), metadata=MINUTES)
    percent_by_kind: tuple[tuple[str, int], ...] = field(
        default=(("people", 50), ("weapons", 50), ("scam", 200)), metadata=PERCENT_BY_KIND
    )
    quiet_begins: int = field(default=21, metadata=whole(0, 23, 21))
    quiet_ends: int = field(default=6, metadata=whole(0, 23, 6))
    holidays: bool = field(default=True, metadata=FLAG)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long everything is kept, and how much one run of the purge may take."""

    # Telegram delivers again for a day (core.telegram.org/bots/api#getting-updates): fewer would take a report twice.
    inbox_days: int = field(default=30, metadata=whole(2, 365, 30))
    letters_days: int = field(default=2, metadata=whole(1, 90, 2))
    half_report_hours: int = field(default=48, metadata=whole(1, 720, 48))
    quarantine_days: int = field(default=7, metadata=whole(1, 90, 7))
    dead_letter_days: int = field(default=30, metadata=whole(1, 365, 30))
    contact_days: int = field(default=14, metadata=whole(0, 90, 14))
    closed_days: int = field(default=365, metadata=whole(1, 3650, 365))
    closed_days_by_kind: tuple[tuple[str, int], ...] = field(default=(("people", 730),), metadata=DAYS_BY_KIND)
    false_days: int = field(default=90, metadata=whole(1, 3650, 90))
    withdrawn_days: int = field(default=30, metadata=whole(1, 3650, 30))
    open_days: int = field(default=730, metadata=whole(30, 3650, 730))
    practice_days: int = field(default=30, metadata=whole(1, 365, 30))
    media_days: int = field(default=90, metadata=whole(1, 3650, 90))
    history_days: int = field(default=730, metadata=whole(90, 3650, 730))
    longest_pause_days: int = field(default=7, metadata=whole(1, 365, 7))
    most_share: float = field(default=0.05, metadata=number(0.001, 1, 0.05))
    most_rows: int = field(default=200, metadata=whole(1, 1_000_000, 200))


@dataclass(frozen=True, slots=True)
class Watching:
    """From how much reading by one person on the coordinators get a word; 0: never."""

    details_an_hour: int = field(default=15, metadata=whole(0, 199, 15))
    others_cases_a_day: int = field(default=10, metadata=whole(0, 199, 10))
    night_details: int = field(default=8, metadata=whole(0, 199, 8))
    misses_an_hour: int = field(default=5, metadata=whole(0, 199, 5))
    night_begins: int = field(default=22, metadata=whole(0, 23, 22))
    night_ends: int = field(default=5, metadata=whole(0, 23, 5))


# TRANSLATORS: these stand before a number to call, as in "Police 191".
POLICE, AMBULANCE = N("Police"), N("Ambulance")
THAI_NUMBERS = (
    (POLICE, "191"),
    (AMBULANCE, "1669"),
    # TRANSLATORS: the hotline 1300 of the Ministry of Social Development and Human Security; before a number to call.
    (N("Trafficking and social help"), "1300"),
    # TRANSLATORS: the hotline of the narcotics board; before a number to call.
    (N("Narcotics"), "1386"),
    # TRANSLATORS: the hotline against online fraud; before a number to call.
    (N("Online fraud"), "1441"),
)
LAO_NUMBERS = ((POLICE, "1191"), (AMBULANCE, "1195"))
# TRANSLATORS: the hotline against human trafficking; before a number to call.
CAMBODIAN_NUMBERS = ((POLICE, "117"), (AMBULANCE, "119"), (N("Trafficking"), "1288"))


@dataclass(frozen=True, slots=True)
class Emergency:
    """Whom to call now, by country. Labels that the catalogues know are said in the reader's language."""

    TH: Numbers = field(default=THAI_NUMBERS, metadata=NUMBERS)
    LA: Numbers = field(default=LAO_NUMBERS, metadata=NUMBERS)
    KH: Numbers = field(default=CAMBODIAN_NUMBERS, metadata=NUMBERS)

    @property
    def by_country(self) -> Mapping[str, Numbers]:
        return {"TH": self.TH, "LA": self.LA, "KH": self.KH}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator can set. A field that its section's `repr` leaves out is a secret: it may come from a
    file, and no error shows it.
    """

    database: Database = field(default_factory=Database)
    server: Server = field(default_factory=Server)
    telegram: Telegram = field(default_factory=Telegram)
    line: Line = field(default_factory=Line)
    web: Web = field(default_factory=Web)
    seal: Seal = field(default_factory=Seal)
    media: Media = field(default_factory=Media)
    translation: Translation = field(default_factory=Translation)
    voice: Voice = field(default_factory=Voice)
    digest: Digest = field(default_factory=Digest)
    limits: Limits = field(default_factory=Limits)
    desk: Desk = field(default_factory=Desk)
    escalation: Escalation = field(default_factory=Escalation)
    watch: Watching = field(default_factory=Watching)
    retention: Retention = field(default_factory=Retention)
    emergency: Emergency = field(default_factory=Emergency)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of digests and of every day that is counted."""
        return ZoneInfo(self.digest.timezone)
