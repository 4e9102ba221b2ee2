"""Start a server binary: detached from the terminal, and never as root.

Run as a script, because what happens between fork and exec must not happen in a process with threads:
`python -I detached.py LOG DATA PROGRAM ARGUMENT…` starts the program in the background and prints its process id;
with `-` for LOG it runs in the foreground and the exit code is the program's.

PostgreSQL refuses to run as root. A user namespace of one process makes root look like an ordinary account to the
server, while every file stays root's and no account is added to the machine. Where the kernel forbids that, the server
runs as `nobody`, which then owns DATA.
"""

import ctypes
import os
import pwd
import sys

CLONE_NEWUSER = 0x10000000
ORDINARY_ID = 65534


def become_ordinary(data: str) -> None:
    """Go on as an account that is not root and has a name; `data` is the directory that account must own."""
    if os.geteuid() != 0:
        if not has_name(os.geteuid()):
            enter_user_namespace()
        return
    nobody = pwd.getpwnam("nobody")
    belongs_to_nobody = os.path.isdir(data) and os.stat(data).st_uid == nobody.pw_uid
    if not belongs_to_nobody and enter_user_namespace():
        return
    for directory, _, files in os.walk(data):
        for path in [directory, *(os.path.join(directory, name) for name in files)]:
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)


def has_name(user: int) -> bool:
    """Whether the machine knows an account by this user id; a container may run under any number."""
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def enter_user_namespace() -> bool:
    """Move this process into a user namespace in which its account has an ordinary id; False where that is not allowed."""
    if sys.platform != "linux" or os.environ.get("DLSEI_NO_USER_NAMESPACE"):
        return False
    user, group = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) != 0:
        return False
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{ORDINARY_ID} {user} 1"),
        ("gid_map", f"{ORDINARY_ID} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(line)
    return True


def main(log: str, data: str, *command: str) -> None:
    """Run `command` as the module says; `log` and `data` are paths."""
    if log != "-":
        child = os.fork()
        if child:
            print(child)
            return
        os.setsid()
        with open(log, "ab") as output, open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
    become_ordinary(data)
    os.chdir("/")
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
