"""Every check of the code, each by the tool that does it best.

``lint.py`` runs all of them, ``lint.py NAME [FILE…]`` one, ``lint.py --fix`` what mends by itself.
"""

import argparse
import concurrent.futures
import fnmatch
import os
import re
import subprocess
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import failure
import layout
import node_packages
import python_environment

# Written by tools, or by others.
NOT_OURS = ("package-lock.json", "requirements*.txt", "*/static/lib/*", "*/i18n/*.po")
SCRIPT = re.compile(rb"#!.*\b(?:(?P<sh>(?:ba|da)?sh)|(?P<py>python3?))\s")
WORKFLOWS = (".github/workflows/*",)


@dataclass(frozen=True)
class Check:
    """One tool and what it looks at.

    ``patterns`` are of paths below the checkout; a script without a suffix has the one of its
    language. ``whole_addons`` gives the tool the addons the files are in, not the files.
    """

    name: str
    command: tuple[str, ...]
    patterns: tuple[str, ...]
    fix: tuple[str, ...] = ()
    whole_addons: bool = False

    def targets(self, files: Iterable[str]) -> list[str]:
        """Return those of ``files`` that the check is about, or their addons."""
        chosen = [
            file
            for file in files
            if any(fnmatch.fnmatchcase(_with_suffix(file), pattern) for pattern in self.patterns)
        ]
        if self.whole_addons:
            chosen = sorted({"/".join(file.split("/")[:2]) for file in chosen})
        return chosen


# The slow ones first, so that none of them is what is waited for in the end.
CHECKS = (
    Check("pylint", ("pylint", "--rcfile=.pylintrc"), ("addons/*.py",)),
    Check(
        "prettier",
        ("prettier", "--check", "--log-level=warn"),
        ("*.css", "*.js", "*.json", "*.mjs", "*.scss", "*.xml", "*.yaml", "*.yml"),
        fix=("prettier", "--write", "--log-level=warn"),
    ),
    Check("eslint", ("eslint", "--max-warnings=0"), ("*.js", "*.mjs")),
    Check(
        "oca-module",
        ("oca-checks-odoo-module",),
        ("addons/*",),
        whole_addons=True,
    ),
    Check("oca-po", ("oca-checks-po", "--disable=po-pretty-format"), ("addons/*.pot",)),
    Check("codespell", ("codespell",), ("*",)),
    Check("ruff", ("ruff", "check"), ("*.py",), fix=("ruff", "check", "--fix-only")),
    Check("ruff-format", ("ruff", "format", "--diff"), ("*.py",), fix=("ruff", "format")),
    Check("yamllint", ("yamllint", "--strict"), ("*.yaml", "*.yml")),
    Check("shellcheck", ("shellcheck",), ("*.sh",)),
    Check("hadolint", ("hadolint",), ("Dockerfile*", "*/Dockerfile*")),
    Check(
        "schema-workflows",
        ("check-jsonschema", "--builtin-schema=vendor.github-workflows"),
        WORKFLOWS,
    ),
    Check(
        "schema-dependabot",
        ("check-jsonschema", "--builtin-schema=vendor.dependabot"),
        (".github/dependabot.yml",),
    ),
    Check(
        "schema-compose",
        ("check-jsonschema", "--builtin-schema=vendor.compose-spec"),
        ("*compose*.yaml", "*compose*.yml"),
    ),
    Check("actionlint", ("actionlint",), WORKFLOWS),
    Check(
        "zizmor",
        ("zizmor", "--offline", "--pedantic", "--no-progress", "--quiet"),
        (*WORKFLOWS, ".github/dependabot.yml"),
    ),
)


def main() -> int:
    """Run what the command line asks for and return the exit code."""
    parser = argparse.ArgumentParser(description="Check the code.")
    parser.add_argument("--fix", action="store_true", help="mend what mends by itself")
    parser.add_argument("name", nargs="?", choices=[check.name for check in CHECKS])
    parser.add_argument("files", nargs="*", metavar="FILE", help="only these")
    arguments = parser.parse_args()
    environment = _environment()
    checks = [check for check in CHECKS if arguments.name in (None, check.name)]
    files = _our_files(arguments.files)
    if arguments.fix:
        return _fix([check for check in checks if check.fix], files, environment)
    return _check(checks, files, environment)


def _check(checks: Collection[Check], files: list[str], environment: dict[str, str]) -> int:
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = {
            pool.submit(_run, check.command, check.targets(files), environment): check
            for check in checks
        }
        for run in concurrent.futures.as_completed(runs):
            code, output, seconds = run.result()
            verdict = {None: "no files", 0: "ok"}.get(code, "FAIL")
            print(f"{runs[run].name:<18}{seconds:6.1f} s  {verdict}", flush=True)
            if code:
                failed += 1
                print(output, flush=True)
    print(f"{len(checks)} checks, {failed} failed")
    return 1 if failed else 0


def _fix(checks: Collection[Check], files: list[str], environment: dict[str, str]) -> int:
    """Mend one after the other, because several tools write the same files."""
    for check in checks:
        code, output, _seconds = _run(check.fix, check.targets(files), environment)
        print(output, end="")
        if code:
            return 1
    return 0


def _run(
    command: tuple[str, ...], targets: list[str], environment: dict[str, str]
) -> tuple[int | None, str, float]:
    """Return the exit code (None: nothing to look at), the output and the seconds it took."""
    if not targets:
        return None, "", 0.0
    start = time.monotonic()
    process = subprocess.run(
        [*command, *targets],
        cwd=layout.ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return process.returncode, process.stdout, time.monotonic() - start


def _environment() -> dict[str, str]:
    """Install the tools and return an environment in which they are found."""
    tools = python_environment.ensure("lint", [layout.ROOT / "requirements-lint.txt"])
    oca = python_environment.ensure("lint-oca", [layout.ROOT / "requirements-lint-oca.txt"])
    folders = [tools, node_packages.ensure(tools), oca]
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path}


def _our_files(names: list[str]) -> list[str]:
    """Return the files of the checkout, new ones included, or those of ``names`` among them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *names],
        cwd=layout.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        raise failure.Failure(
            f"git does not tell which files there are ({listed.stderr.strip()}): lint works in a "
            "clone of the repository."
        )
    return [
        file
        for file in sorted(set(listed.stdout.split("\0")))
        if file
        and (layout.ROOT / file).is_file()
        and not any(fnmatch.fnmatchcase(file, pattern) for pattern in NOT_OURS)
    ]


def _with_suffix(file: str) -> str:
    """Return the path; a script without a suffix is given that of its language."""
    path = Path(file)
    if not path.suffix:
        with (layout.ROOT / path).open("rb") as script:
            if match := SCRIPT.match(script.readline(100)):
                return f"{file}.{match.lastgroup}"
    return file


if __name__ == "__main__":
    failure.report(main)
