"""What a wheel carries beyond its sources: compiled catalogues, the compiled gazetteer and the example settings."""

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

EXAMPLE_SETTINGS = "config.example.toml"


class Compiled(BuildHookInterface):  # type: ignore[type-arg]
    """Compile in the source tree, so that an editable install and a wheel run on the same files."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run before the files are collected; `version` is "standard" or "editable"."""
        root = Path(self.root)
        for script in ("locales/compile.py", "storage/gazetteer/build.py"):
            runpy.run_path(str(root / script), run_name="build")["build"]()
        if version != "editable":
            build_data["force_include"][str(root / EXAMPLE_SETTINGS)] = f"bot/{EXAMPLE_SETTINGS}"
