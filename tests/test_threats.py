"""The map of attacks is whole: every attack has its defence, and every test it names is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\| (T\d\d) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
NAMED = re.compile(r"`([a-z_/]+\.py)::([a-z0-9_*]+)(?:\[([^\]]+)\])?`")
ELSEWHERE = {"T14": "drill", "T40": "n/a"}  # outside of what a test of ours could show
SECRET = re.compile(r"secret|token|signature|digest|password", re.IGNORECASE)
ROWS = {row[1]: row for row in ROW.finditer((ROOT / "docs/threat-model.md").read_text("utf-8"))}


def defined(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_attack_has_one_line() -> None:
    assert list(ROWS) == [f"T{n:02}" for n in range(1, 86)]


@pytest.mark.parametrize("attack", ROWS)
def test_every_defence_has_a_test_that_is_there(attack: str) -> None:
    told = ROWS[attack][4].strip()
    if attack in ELSEWHERE:
        assert told == ELSEWHERE[attack]
        return
    named = NAMED.findall(told)
    assert named, told
    for file, name, case in named:
        path = ROOT / "tests" / file
        assert path.exists(), file
        assert name == "*" or name in defined(path), name
        if file == "test_dialogs.py":
            assert (ROOT / "tests/dialogs" / f"{case}.txt").exists(), case


def compared(path: Path) -> list[str]:
    """Names with a secret's in them that stand beside `==` or `!=` and a value that is not written there."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)):
            continue
        sides = [node.left, *node.comparators]
        if any(isinstance(side, ast.Constant) for side in sides):
            continue
        names = [ast.unparse(side) for side in sides if isinstance(side, ast.Name | ast.Attribute)]
        held = (name for name in names if SECRET.search(name) and not name.isupper())  # capitals name a header
        found += [f"{path.name}:{node.lineno} {name}" for name in held]
    return found


def test_no_secret_is_compared_with_equals() -> None:
    """`==` ends at the first letter that differs, and its time tells how many were right."""
    sources = [p for part in ("bot", "handlers", "storage") for p in (ROOT / part).rglob("*.py")]
    assert [line for path in sources for line in compared(path)] == []


def test_a_secret_compared_with_equals_is_found(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("def f(given, self):\n    return given == self.secret\n", "utf-8")
    assert compared(bad) == ["bad.py:2 self.secret"]


@pytest.mark.parametrize(
    "lock", ["requirements.lock", "requirements-dev.lock", "requirements-fuzz.lock", "requirements-supply.lock"]
)
def test_everything_installed_is_locked_by_hash(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    wanted = re.findall(
        r"^([A-Za-z0-9._-]+==[^ \\\n]+)((?: ;[^\\\n]+)? \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)?", text, re.M
    )
    assert wanted
    assert [name for name, hashes in wanted if not hashes] == []
    assert not re.search(r"^(?:-e|git\+|https?:)", text, re.MULTILINE)
