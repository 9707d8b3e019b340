"""What changes the account at LINE, through line-bot-sdk's async client: where the webhook points, the rich menus.

A start that finds all of it as it should be does not load the SDK. The client is used without its pydantic models:
plain dictionaries go in and bytes come out, which cannot raise a validation error after LINE did what was asked. It
asks over the session of the wire, and fails in the same ways.
"""

import asyncio
import importlib
from typing import Any

import aiohttp

from bot.channels.line_wire import Answer, Wire, unanswered

RAW = {str(status): "bytearray" for status in range(200, 300)}  # leaves every answer undecoded


class Api:
    """One client for the process, made at the first call: importing the SDK takes seconds."""

    def __init__(self, wire: Wire, token: str) -> None:
        self.wire, self._token = wire, token
        self._opening = asyncio.Lock()
        self._sdk: Any = None
        self._client: Any = None

    async def _open(self) -> None:
        """Import the SDK in a thread, beside whatever is sent meanwhile, and build its client in this loop."""
        async with self._opening:
            if self._client is None:
                self._sdk = await asyncio.to_thread(importlib.import_module, "linebot.v3.messaging")
                configuration = self._sdk.Configuration(access_token=self._token)
                configuration.proxy = self.wire.proxy
                client = self._sdk.AsyncApiClient(configuration)
                await client.rest_client.pool_manager.close()
                client.rest_client.pool_manager = self.wire.session
                self._client = client

    async def call(self, method: str, path: str, body: object = None) -> Answer:
        """Raises SendError when LINE cannot be reached, Lost when the answer is missing."""
        return await self._call(self.wire.base, method, path, body, {})

    async def upload(self, path: str, png: bytes) -> Answer:
        """The same for a picture, which goes to the other host."""
        return await self._call(self.wire.blob, "POST", path, png, {"Content-Type": "image/png"})

    async def _call(self, host: str, method: str, path: str, body: object, headers: dict[str, str]) -> Answer:
        if self._client is None:
            await self._open()
        try:
            data = await self._client.call_api(
                path,
                method,
                header_params=headers,
                body=body,
                response_types_map=RAW,
                _return_http_data_only=True,
                _request_timeout=self.wire.timeout,  # its default is five minutes
                _host=host,
            )
        except self._sdk.ApiException as bad:
            return Answer(bad.status, (bad.body or "").encode(), bad.headers or {})
        except UnicodeDecodeError as bad:  # the SDK decodes every error page; a proxy's may be anything
            return Answer(getattr(bad.__context__, "status", 502), b"", {})
        except (TimeoutError, aiohttp.ClientError, OSError) as bad:
            raise unanswered(bad) from None
        return Answer(200, data or b"", {})
