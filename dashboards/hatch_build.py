"""Hatchling hook: `pip install .`, `-e .` and `python -m build` build the web client into `dashboards/web/dist`."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def _webbuild() -> ModuleType:
    # By path: at build time the project itself is not importable.
    spec = importlib.util.spec_from_file_location("_webbuild", Path(__file__).with_name("webbuild.py"))
    if spec is None or spec.loader is None:
        raise ImportError("dashboards/webbuild.py is missing")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class WebBuildHook(BuildHookInterface[Any]):
    def dependencies(self) -> list[str]:
        webbuild = _webbuild()
        return [] if not webbuild.needs_build() or webbuild.system_node() else [str(webbuild.NODE_WHEEL)]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        webbuild = _webbuild()
        try:
            webbuild.ensure_built()
        except webbuild.WebBuildError as error:
            if version == "standard":  # a wheel without its client is worthless; a checkout can build it later
                raise
            self.app.display_warning(f"web client not built: {error}")
