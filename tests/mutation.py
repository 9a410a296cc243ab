"""Change the source a little, again and again, and report which changes no test notices.

    python -m tests.mutation [redact player network_guard core guards …] [--sample 100]

The work is done in a copy of the checkout by cosmic-ray (https://cosmic-ray.readthedocs.io). Each module is
judged by its own tests; a mutant that another test would notice counts as a survivor.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
TIMEOUT = 120.0

GUARDS = sorted(path.name for path in (ROOT / "src/unspool/guards").glob("[!_]*.py"))

TARGETS = {
    "redact": (["cassette/redact.py"], ["cassette/test_redact.py"]),
    "player": (["cassette/player.py"], ["cassette/test_player.py"]),
    "network_guard": (["transports/network_guard.py"], ["transports/test_network_guard.py"]),
    "core": (["streaming/core.py"], ["streaming/test_core.py", "streaming/test_wrapper.py"]),
    "guards": ([f"guards/{name}" for name in GUARDS], ["guards"]),
}
"""By name, the files to change, and the tests that judge them."""

CONFIG = """
[cosmic-ray]
module-path = {modules}
timeout = {timeout}
excluded-modules = []
test-command = {command}

[cosmic-ray.distributor]
name = "local"
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", default=list(TARGETS), help=", ".join(TARGETS))
    parser.add_argument("--sample", type=int, help="so many mutants a name, by chance but always the same")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        alive = of = 0
        for name in chosen.names:
            survivors, total = _survivors(copy, name, chosen.sample)
            sys.stdout.write(_score(name, len(survivors), total))
            sys.stdout.writelines(f"  {one}\n" for one in sorted(survivors))
            alive, of = alive + len(survivors), of + total
        sys.stdout.write(_score("all", alive, of))


def _score(name: str, survivors: int, total: int) -> str:
    share = survivors / max(total, 1)
    return f"{name}: {survivors} of {total} mutants survive ({share:.0%}); {total - survivors} are noticed\n"


def _survivors(copy: Path, name: str, sample: int | None) -> tuple[list[str], int]:
    modules, tests = TARGETS[name]
    config, session = copy / f"{name}.toml", copy / f"{name}.sqlite"
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider"]
    command += [f"tests/{test}" for test in tests]
    text = CONFIG.format(
        modules=json.dumps([f"src/unspool/{module}" for module in modules]),
        timeout=TIMEOUT,
        command=json.dumps(" ".join(command)),
    )
    config.write_text(text, "utf-8")
    _cosmic_ray(copy, "baseline", config)
    _cosmic_ray(copy, "init", config, session)
    _choose(session, sample)
    _cosmic_ray(copy, "exec", config, session)
    results = list(_results(session))
    return [where for where, has_survived in results if has_survived], len(results)


def _cosmic_ray(copy: Path, *arguments: str | Path) -> None:
    sources = os.pathsep.join(str(copy / name) for name in ("src", "pytest_plugin"))
    # An editable install would lead to the checkout; and bytecode may be as old as the second it's of.
    env = {**os.environ, "PYTHONPATH": sources, "PYTHONDONTWRITEBYTECODE": "1", "CI": "1"}
    subprocess.run(["cosmic-ray", *map(str, arguments)], cwd=copy, env=env, check=True)


def _choose(session: Path, sample: int | None) -> None:
    """Leave out what only an annotation says, which nothing evaluates, and all but a sample."""
    from cosmic_ray.work_db import use_db
    from cosmic_ray.work_item import WorkerOutcome, WorkResult

    with use_db(str(session)) as work:
        items = sorted(work.pending_work_items, key=lambda item: str(item.mutations))
        random.Random(1).shuffle(items)
        in_annotations = [item for item in items if "BinaryOperator_BitOr" in item.mutations[0].operator_name]
        chosen = [item for item in items if item not in in_annotations][:sample]
        for item in items:
            if item not in chosen:
                work.set_result(item.job_id, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))


def _results(session: Path) -> Iterator[tuple[str, bool]]:
    """Where each mutant was, and whether it has survived."""
    from cosmic_ray.work_db import use_db
    from cosmic_ray.work_item import TestOutcome

    with use_db(str(session)) as work:
        for item, result in work.completed_work_items:
            if result.test_outcome is not None:
                one = item.mutations[0]
                where = f"{one.module_path}:{one.start_pos[0]} {one.operator_name}"
                yield where, result.test_outcome is TestOutcome.SURVIVED


if __name__ == "__main__":
    main()
