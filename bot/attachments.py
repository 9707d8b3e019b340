"""Files on their way in and out: fetched from a platform into our store, read from it for a message."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.channels import Channel, SendError
from bot.media import Links, bring
from bot.scan import NoScanner, Scanner
from storage.files import Files

MOST = 20_000_000  # bytes of one file: what Telegram lets bots download, and what is sealed in one piece

SCANNER_SECONDS = 30.0  # a scanner that is being updated is back within a minute


class Attachments:
    """Knows where files are. Without a public address LINE gets no pictures: it takes them by HTTPS link only."""

    def __init__(self, files: Files, links: Links | None, scanner: Scanner | None = None) -> None:
        self._files, self._links, self._scanner = files, links, scanner

    async def bring(self, channel: Channel, payload: Mapping[str, Any]) -> Mapping[str, str]:
        """Fetch a file into our store. Raises SendError: while the scanner is away, files wait."""
        source = channel.fetch(payload["ref"])
        try:
            return await bring(source, payload["kind"], payload["file"], self._files, MOST, self._scanner)
        except NoScanner:
            raise SendError("no scanner", SCANNER_SECONDS) from None

    async def prepare(self, channel: str, parts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The parts of a message with the bytes, or the link, of their files; a file that is gone is left out."""
        return [await self._filled(channel, p) if p.get("attachments") else p for p in parts]

    async def _filled(self, channel: str, part: Mapping[str, Any]) -> Mapping[str, Any]:
        made = [await self._attach(channel, a) for a in part["attachments"]]
        return {**part, "attachments": [a for a in made if a is not None]}

    async def _attach(self, channel: str, attachment: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if attachment["kind"] == "pin":
            return attachment
        if channel == "line":
            if self._links is None:
                return None
            url = self._links.make(attachment["file"], attachment["mime"])
            return {**attachment, "url": url, "preview_url": url}
        content = await self._files.get(attachment["file"])
        return None if content is None else {**attachment, "bytes": content}
