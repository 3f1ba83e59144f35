"""Waits until a Milvus server answers, in an init container before mishards 1.1.1.

mishards connects to the writable when it starts, and with static discovery to the readers as well, and exits after 90 s
when nobody is there: during a first installation that would be restart after restart.

Environment:
    SERVER         tcp://host:port, as mishards gets it
    SERVER_NAME    what the messages call it (writable)
    WAIT_SECONDS   how long to wait (600)

Exits with 0 once the port accepts a connection, or with 1 and the reason on stderr.

For the Python 3.6 of the mishards image, without third-party modules.
"""
import os
import re
import signal
import socket
import sys
import time

RETRY_SECONDS = 2
REPEAT_SECONDS = 60


def say(message):
    print('wait-for-server: ' + message, file=sys.stderr, flush=True)


def reason_not_to_connect(host, port):
    """None when the port accepts a connection."""
    try:
        # IPv4 only, as mishards itself resolves it.
        address = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][4]
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            cure = 'DNS gives no answer: is it up, does a NetworkPolicy block it (port 53)?'
        else:
            cure = 'is it spelled right, with its namespace?'
        return '%s does not resolve (%s): %s' % (host, error.strerror, cure)
    except (OSError, UnicodeError) as error:
        return '%s does not resolve (%s)' % (host, error)
    try:
        socket.create_connection(address, timeout=5).close()
    except ConnectionRefusedError as error:
        return '%s:%d does not accept connections (%s)' % (host, port, error.strerror)
    except OSError as error:
        what = (host, port, error.strerror or error)
        return '%s:%d does not answer (%s): does a NetworkPolicy or firewall block it?' % what
    return None


def main():
    # As PID 1, Python ignores SIGTERM and would hold up the deletion of its pod.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))

    server = os.environ.get('SERVER', '')
    name = os.environ.get('SERVER_NAME', 'writable')
    match = re.match(r'tcp://([^:/]+):(\d+)\Z', server)
    if match is None or int(match.group(2)) > 65535:
        say("SERVER has to be tcp://host:port, not '%s'" % server)
        return 1
    host, port = match.group(1), int(match.group(2))
    limit = os.environ.get('WAIT_SECONDS', '600')
    if re.match(r'\d+\Z', limit) is None:
        say("WAIT_SECONDS has to be a number of seconds, not '%s'" % limit)
        return 1

    began, since = time.monotonic(), time.strftime('%H:%M:%S UTC', time.gmtime())
    previous, told = None, began
    while True:
        reason = reason_not_to_connect(host, port)
        if reason is None:
            return 0
        now = time.monotonic()
        if reason != previous:
            say('waiting for the %s Milvus: %s' % (name, reason))
            previous, told = reason, now
        elif now - told >= REPEAT_SECONDS:
            say('still waiting for the %s Milvus, since %s (%d s): %s' % (name, since, now - began, reason))
            told = now
        if now >= began + int(limit):
            say(
                'gave up after %s s: %s%s Look at the pod of the %s Milvus: is it ready, and if not, why?'
                % (limit, reason, '' if reason.endswith('?') else '.', name)
            )
            return 1
        time.sleep(RETRY_SECONDS)


if __name__ == '__main__':
    sys.exit(main())
