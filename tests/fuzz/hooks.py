"""What schemathesis is to know of us: how platforms sign, and what every answer has to carry and to keep to itself."""

from typing import Any

import schemathesis

from tests.doubles.line import signature
from tests.house import SECRET

EVERYWHERE = ("X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy", "Cache-Control")


def signed(request: Any) -> Any:
    """Whatever is sent, signed as the platforms do: what is looked at stands behind the signature."""
    body = request.body or b""
    request.headers["X-Line-Signature"] = signature(body.encode() if isinstance(body, str) else body)
    request.headers["X-Telegram-Bot-Api-Secret-Token"] = SECRET
    return request


def carries_safety_headers(_ctx: Any, response: Any, _case: Any) -> None:
    names = {name.lower() for name in response.headers}
    missing = [name for name in EVERYWHERE if name.lower() not in names]
    assert not missing, f"without {missing}"


def says_nothing_of_inside(_ctx: Any, response: Any, _case: Any) -> None:
    assert "Traceback" not in response.text


schemathesis.auth.set_from_requests(signed).apply_to(path_regex="^/(line|telegram)$")
schemathesis.check(carries_safety_headers)
schemathesis.check(says_nothing_of_inside)
