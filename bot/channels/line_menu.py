"""The rich menus: one per language, installed once.

Facts: developers.line.biz/en/reference/messaging-api/#rich-menu. Not shown on LINE for PC, so every button says a
command that can be typed as well.
"""

import logging
from collections.abc import Mapping, Sequence

from bot.aside import Crashed, aside
from bot.channels.line_api import Api
from bot.channels.line_picture import OURS, Menu
from bot.channels.line_wire import checked

log = logging.getLogger(__name__)


async def install(api: Api, menus: Sequence[Menu]) -> dict[str, str]:
    """Language -> menu id; menus of ours that are there already are used again.

    People who were given an older menu of a language are moved to the new one by LINE, which takes its time; so the
    older ones are removed by the next start that has nothing to change.
    """
    listed = checked(await api.wire.ask("GET", "/v2/bot/richmenu/list")).json.get("richmenus") or []
    there = {m["richMenuId"]: m["name"] for m in listed if str(m.get("name", "")).startswith(OURS)}
    found = {menu.language: await _found(api, menu, there) or await _made(api, menu) for menu in menus}
    ids = {language: ident for language, ident in found.items() if ident}
    for default in [ids[menu.language] for menu in menus if menu.language in ids][:1]:
        if await _default(api) != default:
            checked(await api.call("POST", f"/v2/bot/user/all/richmenu/{default}"))
    old = {ident: name for ident, name in there.items() if ident not in ids.values()}
    if set(ids.values()) <= there.keys():
        for ident in old:
            await api.call("DELETE", f"/v2/bot/richmenu/{ident}")
    elif moves := [{"type": "link", "from": o, "to": ids[lang]} for o, lang in _languages(old) if lang in ids]:
        await api.call("POST", "/v2/bot/richmenu/batch", {"operations": moves})
    return ids


async def _default(api: Api) -> str:
    answer = await api.wire.ask("GET", "/v2/bot/user/all/richmenu")
    if answer.status == 404:  # none was ever set
        return ""
    return str(checked(answer).json.get("richMenuId", ""))


async def _found(api: Api, menu: Menu, there: Mapping[str, str]) -> str:
    """A crash may have left one without its picture: that one is not used."""
    for ident, name in there.items():
        if name == menu.name and await api.wire.holds(f"/v2/bot/richmenu/{ident}/content"):
            return ident
    return ""


async def _made(api: Api, menu: Menu) -> str:
    """Empty when it cannot be drawn or LINE names no id: the bot does its work without a menu."""
    try:
        png = await aside("bot.channels.line_picture", given=menu.written())
    except Crashed:
        log.error("menu not drawn", extra={"action": "menu"})
        return ""
    ident = str(checked(await api.call("POST", "/v2/bot/richmenu", menu.request())).json.get("richMenuId", ""))
    if ident:
        checked(await api.upload(f"/v2/bot/richmenu/{ident}/content", png))
    return ident


def _languages(named: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(ident, name.removeprefix(OURS).partition(":")[0]) for ident, name in named.items()]
