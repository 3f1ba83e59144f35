import os
import socket

from mishards.topology import StatusType


class StaticDiscovery:
    name = 'static'

    @classmethod
    def Create(cls, readonly_topo, plugin_config, **kwargs):
        return cls(plugin_config, readonly_topo, **kwargs)

    def __init__(self, config, readonly_topo, **kwargs):
        self.readonly_topo = readonly_topo
        port = os.environ.get('DISCOVERY_STATIC_PORT', '19530')
        hosts = [host.strip() for host in os.environ.get('DISCOVERY_STATIC_HOSTS', '').split(',')]
        self.hosts = ['%s:%s' % (socket.gethostbyname(host), port) for host in hosts]

    def start(self):
        return all(self.add_pod(host, host) for host in self.hosts)

    def add_pod(self, name, addr):
        status, group = self.readonly_topo.create(name=name)
        if status == StatusType.OK:
            status, _ = group.create(name=name, uri='tcp://' + addr)
        return status == StatusType.OK


def setup(app):
    app.on_plugin_setup(StaticDiscovery)
