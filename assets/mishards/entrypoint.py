"""Starts mishards 1.1.1 with a database URI that is right for any password, and stops it when Kubernetes says so.

The stock image runs "python mishards/main.py" as PID 1, where Python ignores SIGTERM: every pod would take its whole
grace period to stop. And its SQLALCHEMY_DATABASE_URI has to carry the password percent-encoded, which no Kubernetes
manifest can do to a Secret. So this is PID 1 instead, with mishards as its child, started by the package milvus_proxy.

Environment:
    MYSQL_USER, MYSQL_PASSWORD, MYSQL_HOST, MYSQL_PORT, MYSQL_DATABASE   become SQLALCHEMY_DATABASE_URI
    LOG_PATH            where mishards writes its log files (/tmp/mishards)
    LOG_CHECK_SECONDS   how often to look at their size (60)
    STOP_SECONDS        how long mishards may take to stop before it is killed (5)
The rest goes to mishards as it is. Arguments replace its command line.

Exits with 0 when it was told to stop, with 1 when a variable is missing, and otherwise as mishards did: with its exit
code, or 128 + n when signal n killed it.

For the Python 3.6 of the mishards image, without third-party modules.
"""
import os
import signal
import stat
import subprocess
import sys
import time
from urllib.parse import quote

# The rotating handlers of mishards are given no size to rotate at, so its files would grow until the volume is full.
# Every line is on the console as well.
LOG_LIMIT = 10 * 1024 * 1024

# How the database is used, whatever mishards does: each statement sees what is there now, and a server that is gone, or
# hangs, is noticed. pymysql would wait for ever for an answer.
OPTIONS = '&'.join((
    'charset=utf8mb4',
    'init_command=SET+SESSION+TRANSACTION+ISOLATION+LEVEL+READ+COMMITTED',
    'connect_timeout=3',
    'read_timeout=10',
    'write_timeout=10',
))

REQUIRED = ('MYSQL_USER', 'MYSQL_PASSWORD', 'MYSQL_HOST', 'MYSQL_PORT', 'MYSQL_DATABASE')
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
WATCHED = STOP_SIGNALS + (signal.SIGCHLD,)


def fail(message):
    sys.exit('entrypoint: ' + message)


def number(name, default):
    try:
        return float(os.environ.get(name, default))
    except ValueError:
        fail('%s is not a number' % name)


def encoded(name):
    # As bytes, so that a password which is not UTF-8 arrives as it is. "~" is unreserved, but Python 3.6 does not know.
    return quote(os.fsencode(os.environ[name]), safe='~')


def child_environment():
    missing = [name for name in REQUIRED if not os.environ.get(name)]
    if missing:
        fail('not set or empty: %s (look at the Secret and the configuration that they come from)' % ', '.join(missing))
    environment = dict(os.environ)
    del environment['MYSQL_PASSWORD']
    environment['SQLALCHEMY_DATABASE_URI'] = 'mysql+pymysql://%s:%s@%s:%s/%s?%s' % (
        encoded('MYSQL_USER'),
        encoded('MYSQL_PASSWORD'),
        os.environ['MYSQL_HOST'],
        os.environ['MYSQL_PORT'],
        os.environ['MYSQL_DATABASE'],
        OPTIONS,
    )
    return environment


def truncate_logs(directory):
    """Empties the log files that have grown too large. mishards appends to them, so it goes on at the new end."""
    try:
        names = os.listdir(directory)
    except OSError:
        return  # not made yet
    for name in names:
        path = os.path.join(directory, name)
        try:
            found = os.lstat(path)
            if stat.S_ISREG(found.st_mode) and found.st_size > LOG_LIMIT:
                os.truncate(path, 0)
        except OSError as error:
            print('entrypoint: could not empty %s: %s' % (path, error.strerror), file=sys.stderr, flush=True)


def reap(child):
    """Collects every process that has ended, orphans too, as PID 1 has to. Returns the child's status if it is one."""
    child_status = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return child_status
        if pid == 0:
            return child_status
        if pid == child.pid:
            child_status = status


def supervise(child, log_path, log_interval, stop_seconds):
    """Returns the exit code for the container."""
    stopping = False
    kill_at = None
    next_check = time.monotonic() + log_interval
    while True:
        now = time.monotonic()
        if now >= next_check:
            truncate_logs(log_path)
            next_check = now + log_interval
        if kill_at is not None and now >= kill_at:
            os.kill(child.pid, signal.SIGKILL)
            kill_at = None
        wake_at = next_check if kill_at is None else min(next_check, kill_at)
        received = signal.sigtimedwait(WATCHED, max(0, wake_at - now))
        if received is None:
            continue
        if received.si_signo == signal.SIGCHLD:
            status = reap(child)
            if status is not None:
                child.returncode = status  # ours to collect, so that Popen does not look for it
                if stopping:
                    return 0
                return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        elif not stopping:
            stopping = True
            kill_at = time.monotonic() + stop_seconds
            os.kill(child.pid, signal.SIGTERM)


def main():
    environment = child_environment()
    log_interval = number('LOG_CHECK_SECONDS', '60')
    stop_seconds = number('STOP_SECONDS', '5')
    # Blocked signals wait for sigtimedwait, also in PID 1, where an unblocked one without a handler is dropped.
    inherited = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    child = subprocess.Popen(
        sys.argv[1:] or [sys.executable, '-m', 'milvus_proxy'],
        env=environment,
        preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, inherited),
    )
    sys.exit(supervise(child, os.environ.get('LOG_PATH', '/tmp/mishards'), log_interval, stop_seconds))


if __name__ == '__main__':
    main()
