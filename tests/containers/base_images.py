"""The images that ours stand on: the official ones, or stand-ins made of Debian packages."""

import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import debian_packages
import engine
import failure
import layout
import system_packages

# Seconds in which a registry has to say that it has an image.
PATIENCE = 20
LABEL = "ops-center.stand-in"
STANDINS = Path(__file__).parent / "standins"
# The release whose Python is the nearest to that of the official image, and that Odoo 19 admits.
SUITE = "trixie"


@dataclass(frozen=True)
class StandIn:
    """What our image and compose file rely on, made of Debian packages.

    ``later`` names a suite for what SUITE lacks, ``without`` says which files are left out, for
    the time they take, ``setup`` is a script run in the image, and ``instructions`` are the
    Dockerfile's that it declares.
    """

    packages: tuple[str, ...]
    setup: str
    instructions: tuple[str, ...]
    later: str | None = None
    without: tuple[str, ...] = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*")

    @property
    def recipe(self) -> str:
        """A digest of all that the image is made from."""
        text = f"{self!r}{(STANDINS / self.setup).read_text()}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]


IMAGES = {
    "postgres:17": StandIn(
        packages=("postgresql-17",),
        setup="postgres.sh",
        instructions=(
            "ENV PGDATA=/var/lib/postgresql/data",
            "ENV PATH=/usr/lib/postgresql/17/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "VOLUME /var/lib/postgresql/data",
            "EXPOSE 5432",
            'ENTRYPOINT ["docker-entrypoint.sh"]',
            'CMD ["postgres"]',
        ),
    ),
    # Without wkhtmltopdf, which this Debian dropped: the official image has it.
    "odoo:19.0": StandIn(
        packages=("odoo-19", "ca-certificates", "curl", "postgresql-client", "python3-pip"),
        later="sid",
        # The translations are half of all. What lies in the second folder is Python files only, of
        # addons that are complete in the first.
        without=(
            *StandIn.without,
            "/usr/lib/python3/dist-packages/odoo/addons/*/i18n/*",
            "/usr/lib/python3/dist-packages/addons/*",
        ),
        setup="odoo.sh",
        instructions=(
            "ENV LANG=C.UTF-8",
            "ENV ODOO_RC=/etc/odoo/odoo.conf",
            "VOLUME /var/lib/odoo /mnt/extra-addons",
            "EXPOSE 8069 8071 8072",
            "USER odoo",
            # The official entry script takes PORT and the like for the database's, and hands its
            # password over in the command line; whoever relies on it, fails here.
            'ENTRYPOINT ["/bin/false"]',
            'CMD ["odoo"]',
        ),
    ),
}


def fetch() -> bool:
    """Tell whether the engine has all images, after pulling those that a registry offers."""
    return all(_is_present(name) or _pull(name) for name in IMAGES)


def imitate() -> None:
    """Make a stand-in for each image that the engine lacks.

    :raise failure.Failure: when Debian's packages cannot be had
    """
    if not debian_packages.usable():
        raise failure.Failure(
            f"no registry offers {' and '.join(IMAGES)}, and stand-ins are made on Debian only: "
            "log in to a registry that does, and pull them."
        )
    if not shutil.which("mmdebstrap"):
        system_packages.install("mmdebstrap", engine.PURPOSE)
    for name in IMAGES:
        if not _is_present(name):
            _make(name)


def _is_present(name: str) -> bool:
    """Tell whether the engine has an image; a stand-in by another recipe does not count."""
    answer = subprocess.run(
        ["docker", "image", "inspect", "--format", f'{{{{index .Config.Labels "{LABEL}"}}}}', name],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.returncode == 0 and answer.stdout.strip() in ("", IMAGES[name].recipe)


def _pull(name: str) -> bool:
    try:
        offer = subprocess.run(
            ["docker", "buildx", "imagetools", "inspect", name],
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    if offer.returncode:
        return False
    print(f"Pulling {name}", flush=True)
    return subprocess.run(["docker", "pull", "--quiet", name], check=False).returncode == 0


def _make(name: str) -> None:
    print(f"Making a stand-in for {name} (minutes; kept in {engine.CACHE})", flush=True)
    image = IMAGES[name]
    mirror = debian_packages.mirror(engine.OTHERWISE)
    sources = [f"deb {mirror} {suite} main" for suite in (SUITE, image.later) if suite]
    preferences = f"Package: *\\nPin: release n={image.later}\\nPin-Priority: 10\\n"
    bootstrap = [
        "mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(image.packages)}",
        # A mirror may be a copy that is older than the clock.
        '--aptopt=Acquire::Check-Valid-Until "false"',
        '--aptopt=APT::Install-Recommends "false"',
        "--dpkgopt=force-unsafe-io",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in image.without),
        # Only what SUITE lacks comes from the later suite.
        f'--setup-hook=mkdir -p "$1/etc/apt/preferences.d" && printf "{preferences}" '
        '>"$1/etc/apt/preferences.d/later"',
        f"--customize-hook=copy-in {STANDINS / image.setup} /tmp",
        f'--customize-hook=chroot "$1" sh -eux /tmp/{image.setup}',
        f'--customize-hook=rm "$1/tmp/{image.setup}"',
        SUITE, "-", *sources,
    ]  # fmt: skip
    changes = [
        f"--change={line}" for line in (*image.instructions, f"LABEL {LABEL}={image.recipe}")
    ]
    log = layout.LOGS / f"stand-in-{name.partition(':')[0]}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as said:
        root = subprocess.Popen(bootstrap, stdout=subprocess.PIPE, stderr=said)
        imported = subprocess.run(
            ["docker", "import", *changes, "-", name],
            stdin=root.stdout, stdout=said, stderr=said, check=False,
        )  # fmt: skip
        root.stdout.close()
        if root.wait() or imported.returncode:
            subprocess.run(["docker", "image", "rm", name], capture_output=True, check=False)
            raise failure.Failure(
                f"cannot make a stand-in for {name} ({failure.last_line(log, ('E: ', 'rror'))}): "
                f"check the network and the disk. All it said: {log}"
            )
