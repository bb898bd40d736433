"""Where Postfix comes from: the system, or a package that is only unpacked."""

import glob
import os
import re
import subprocess

from postfix import Programs
from process import BenchError

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NEEDED = ("usr/lib/postfix/sbin/master", "usr/sbin/sendmail",
          "usr/sbin/smtp-source", "usr/sbin/smtp-sink")


def _is_complete(root):
    return all(os.path.exists(os.path.join(root, path)) for path in NEEDED)


def _other_mail_server():
    """The package that already is this machine's mail server, or None."""
    listing = subprocess.run(
        ["dpkg-query", "-W", "-f",
         "${db:Status-Status}\t${Package}\t${Provides}\n"],
        check=True, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        status, package, provides = line.split("\t")
        if status == "installed" and "mail-transport-agent" in provides:
            return package
    return None


def _is_installed(package):
    query = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status}", package],
        check=False, capture_output=True, text=True)
    return query.stdout == "installed"


def _unpack(root):
    """Unpacks the package beside the installed mail server."""
    os.makedirs(root, exist_ok=True)
    download = ["apt-get", "download", "-q", "postfix"]
    if subprocess.run(download, cwd=root, check=False).returncode:
        subprocess.run(["apt-get", "update", "-q"], check=True)
        subprocess.run(download, cwd=root, check=True)
    package = glob.glob(os.path.join(root, "postfix_*.deb"))[0]
    depends = subprocess.run(["dpkg-deb", "-f", package, "Depends"],
                             check=True, capture_output=True, text=True).stdout
    libraries = re.findall(r"(?:^|, )(lib[^ ,|]+)", depends)
    missing = [name for name in libraries if not _is_installed(name)]
    if missing:
        subprocess.run(["apt-get", "install", "-y", "-q", "--no-remove",
                        "--no-install-recommends", *missing], check=True,
                       env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))
    subprocess.run(["dpkg", "-x", package, root], check=True)


def postfix(unpacked, is_alone=False):
    """Postfix's programs; is_alone: not those of the system."""
    if not is_alone and _is_complete("/"):
        return Programs()
    if not is_alone and _other_mail_server() is None:
        subprocess.run([os.path.join(TESTS, "setup"), "postfix"], check=True)
        return Programs()
    if not _is_complete(unpacked):
        _unpack(unpacked)
    if not _is_complete(unpacked):
        raise BenchError("the package has no programs of Postfix's")
    return Programs(unpacked)
