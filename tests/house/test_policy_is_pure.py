"""The rule book needs Python and nothing else (DESIGN 2)."""

import ast
import sys
from pathlib import Path

import pytest

from dlsei.embedded import services

MODULES = sorted((services.PROJECT / "dlsei" / "policy").glob("*.py"))


def imported(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module if node.module and not node.level else "dlsei.policy")
    return names


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_a_policy_module_imports_the_standard_library_and_the_policy(module: Path):
    foreign = {
        name
        for name in imported(module)
        if name.split(".")[0] not in sys.stdlib_module_names
        and not f"{name}.".startswith("dlsei.policy.")
    }

    assert not foreign
