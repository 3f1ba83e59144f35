"""Starts mishards as `python mishards/main.py` does, mended.

Environment, beside that of mishards:
    MISHARDS_COMMANDS   what clients may ask with Cmd: restricted (no secret, no change of settings), or all
    HEALTH_PORT         port of GET /ready and /live (19120)
"""
import logging
import os
import sys

from milvus_proxy import LOGGER, logs

EXPECTED = 'the image milvusdb/mishards:1.1.1'


def mend(readers):
    """All that is changed in mishards before it makes its server, and the fault of mishards that it is for."""
    from discovery.factory import DiscoveryFactory
    from mishards import connections
    from mishards.service_handler import ServiceHandler
    from mishards.topology import StatusType

    from milvus_proxy.commands import restricted
    from milvus_proxy.discovery import DnsDiscovery
    from milvus_proxy.searching import do_query

    # mishards/connections.py: making a client waits 30 s x MAX_RETRY for a reader that is not there, and raises what no discovery
    # expects; the group stays, empty, and is searched. The one of the writable is made as ever.
    create_client = connections.ConnectionGroup.create

    def create(self, name, **kwargs):
        if name == 'WOSERVER':
            return create_client(self, name, **kwargs)
        return StatusType.OK, readers.group_of(self, name, kwargs['uri'])

    connections.ConnectionGroup.create = create

    # discovery/factory.py: knows its own two; and the topology is made where nobody else sees it.
    create_discovery = DiscoveryFactory.create

    def discover(self, class_name, **kwargs):
        self.on_plugin_setup(DnsDiscovery)
        readers.watch(kwargs['readonly_topo'])
        return create_discovery(self, class_name, **kwargs)

    DiscoveryFactory.create = discover

    # mishards/service_handler.py: a search fails, late, with the first reader that does.
    ServiceHandler._do_query = do_query(readers)

    # mishards/service_handler.py: every client may read the credentials, and change the settings, of the writable.
    if os.environ.get('MISHARDS_COMMANDS', 'restricted') != 'all':
        ServiceHandler._cmd = restricted(ServiceHandler._cmd)


def mend_server(server, db, readers):
    """The same, for what mishards makes with its server."""
    from milvus_proxy.sessions import with_session

    # mishards/router/plugins/file_based_hash_ring_router.py: sessions that do not end.
    server.router.routing = with_session(server.router.routing)
    # ... and a ring of all groups, whoever answers, out of a mapping that changes under its hands.
    server.router.readonly_topo = readers
    # mishards/db_base.py: keeps, and so prints, the password.
    logs.without_password(db)


def main():
    logs.protect(logs.Censor(os.environ.get('SQLALCHEMY_DATABASE_URI', '')))
    from milvus_proxy import upstream

    try:
        import mishards
        from mishards import settings

        upstream.verify()
    except Exception as error:
        sys.exit('milvus_proxy: this is not %s: %s' % (EXPECTED, error))
    from milvus_proxy.health import Health
    from milvus_proxy.readers import Readers

    LOGGER.disabled = False
    # Every change of the readers is a line at mishards' default level, too.
    LOGGER.setLevel(min(logging.INFO, logging.getLogger().level or logging.INFO))

    readers = Readers()
    mend(readers)
    server = mishards.create_app(settings.DefaultConfig)
    mend_server(server, mishards.db, readers)
    os.environ.pop('SQLALCHEMY_DATABASE_URI', None)
    settings.DefaultConfig.SQLALCHEMY_DATABASE_URI = mishards.db.uri

    port = int(os.environ.get('HEALTH_PORT', '19120'))
    Health(readers, server.discover, settings.WOSERVER, port).start()
    server.run(port=settings.SERVER_PORT)


if __name__ == '__main__':
    main()
