"""Files on their way in and out: fetched from a platform into our store, read from it for a message."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from bot import pictures
from bot.channels import Channel, SendError
from bot.media import Links, bring
from bot.scan import NoScanner, Scanner
from bot.voices import MIME, Voices
from storage.files import Files

MOST = 20_000_000  # bytes of one file: what Telegram lets bots download, and what is sealed in one piece

SCANNER_SECONDS = 30.0  # a scanner that is being updated is back within a minute


class Attachments:
    """Knows where files are. Without a public address LINE gets no pictures: it takes them by HTTPS link only."""

    def __init__(
        self,
        files: Files,
        links: Links | None,
        scanner: Scanner | None = None,
        voices: Voices | None = None,
        public_url: str = "",
    ) -> None:
        self._files, self._links, self._scanner = files, links, scanner
        self._voices, self._public_url = voices, public_url

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
        match attachment["kind"]:
            case "pin":
                return attachment
            case "spoken":
                return await self._spoken(channel, str(attachment["file"]))
            case "sheet":
                return await sheet(str(attachment["file"]))
        if channel == "line":
            if self._links is None:
                return None
            url = self._links.make(attachment["file"], attachment["mime"])
            return {**attachment, "url": url, "preview_url": url}
        content = await self._files.get(attachment["file"])
        return None if content is None else {**attachment, "bytes": content}

    async def _spoken(self, channel: str, name: str) -> Mapping[str, Any] | None:
        """The voice of a question; without it the question is only read."""
        voice = self._voices.get(name) if self._voices else None
        if voice is None or self._voices is None:
            return None
        said: dict[str, Any] = {"kind": "voice", "mime": MIME, "seconds": voice.seconds}
        if channel == "telegram":
            content = await asyncio.to_thread(voice.path.read_bytes)
            return {**said, "bytes": content, "asset": f"{name} {voice.mark}"}
        url = self._voices.url(name)
        return {**said, "url": f"{self._public_url}{url}" if channel == "line" else url}


async def sheet(name: str) -> Mapping[str, Any] | None:
    """The picture of a question's choices in a language, for apps that draw none by themselves."""
    content, mark = await asyncio.to_thread(pictures.sheet, name)
    return {"kind": "photo", "mime": "image/png", "bytes": content, "asset": f"{name} {mark}"} if content else None
