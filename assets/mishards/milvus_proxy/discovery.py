"""Discovery `dns`: the readers are whoever the name of the headless Service resolves to.

mishards' own `kubernetes` (discovery/plugins/kubernetes_provider.py) ends its thread for good at the first reader that can't be reached, drops
healthy ones at an event like Unhealthy, needs rights in the cluster and reads its token once; `static` looks once.

  DISCOVERY_DNS_HOST             name of the headless Service (required)
  DISCOVERY_DNS_PORT             port of the readers (19530)
  DISCOVERY_DNS_POLL_INTERVAL    seconds between two looks (5)
"""
import socket
import threading
import time

from milvus_proxy import LOGGER

# What getaddrinfo says about a name without addresses (NXDOMAIN, no data), as opposed to having no answer.
NO_ADDRESS = {socket.EAI_NONAME, getattr(socket, 'EAI_NODATA', socket.EAI_NONAME)}


def resolve(host):  # type: (str) -> set
    """The IPv4 addresses of host, none if DNS says that it has none. Raises when DNS gives no answer."""
    try:
        answers = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in NO_ADDRESS:
            return set()
        raise
    return {answer[4][0] for answer in answers}


class DnsDiscovery:
    name = 'dns'

    @classmethod
    def Create(cls, readonly_topo, plugin_config, **kwargs):
        return cls(readonly_topo, plugin_config, **kwargs)

    def __init__(self, readonly_topo, plugin_config, resolve=resolve, clock=time.monotonic, **_):
        self.problems = []  # what is wrong with the configuration

        def setting(name, default, kind):
            text = getattr(plugin_config, 'DISCOVERY_DNS_' + name, None) or default
            try:
                if 0 < kind(text) <= 65535:
                    return kind(text)
            except ValueError:
                pass
            self.problems.append('DISCOVERY_DNS_{}: {!r} is not a positive number'.format(name, text))
            return kind(default)

        self.host = (getattr(plugin_config, 'DISCOVERY_DNS_HOST', None) or '').strip()
        if not self.host:
            self.problems.append("DISCOVERY_DNS_HOST is not set: it names the readers' headless Service")
        self.port = setting('PORT', '19530', int)
        self.interval = setting('POLL_INTERVAL', '5', float)
        self.topology, self.resolve, self.clock = readonly_topo, resolve, clock
        self.fault = None  # what has been reported, so that it is reported once
        self.last_round = clock()
        self.stopping = threading.Event()

    def start(self):
        for problem in self.problems:
            LOGGER.error('DNS discovery cannot start: %s', problem)
        if self.problems:
            return False
        LOGGER.info('DNS discovery of %s, port %d, every %g s', self.host, self.port, self.interval)
        self.last_round = self.clock()  # mishards may have waited long for the writable since Create
        threading.Thread(target=self.run, daemon=True, name='dns').start()
        return True

    def stop(self):
        self.stopping.set()

    def run(self):
        while not self.stopping.is_set():
            try:
                self.tick()
            except BaseException as error:  # ending this thread would end discovery and nothing else
                self.report('fails: %r' % error)
            self.last_round = self.clock()
            self.stopping.wait(self.interval)

    def tick(self):
        """One look. Without an answer everything stays as it is: who is gone is seen by asking the readers."""
        try:
            ips = self.resolve(self.host)
        except Exception as error:
            self.report('has no answer for %s: %s' % (self.host, error))
            return
        self.report(None if ips else 'has no reader for %s' % self.host)
        wanted = {'readonly-' + ip: 'tcp://%s:%d' % (ip, self.port) for ip in ips}
        for name in set(self.topology.group_names) - set(wanted):
            self.topology.delete_group(name)
        for name in sorted(set(wanted) - set(self.topology.group_names)):
            status, group = self.topology.create(name=name)
            if status.name == 'OK':
                group.create(name=name, uri=wanted[name])

    def report(self, fault):
        if fault == self.fault:
            return
        if fault is not None:
            LOGGER.warning('DNS %s', fault)
        elif self.fault is not None:
            LOGGER.info('DNS has readers for %s again', self.host)
        self.fault = fault
