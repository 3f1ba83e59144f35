"""Stands in for mishards 1.1.1: the parts that a search and a Cmd go through, with their interfaces and faults."""
from mishards import settings
from mishards.db_base import DB

db = DB()

from mishards.server import Server  # noqa: E402

grpc_server = Server()


def create_app(testing_config=None):
    config = testing_config or settings.DefaultConfig
    db.init_db(uri=config.SQLALCHEMY_DATABASE_URI)
    from discovery.factory import DiscoveryFactory
    from mishards.connections import ConnectionTopology
    from mishards.router.factory import RouterFactory

    readonly, writable = ConnectionTopology(), ConnectionTopology()
    discover = DiscoveryFactory(config.DISCOVERY_PLUGIN_PATH).create(
        config.DISCOVERY_CLASS_NAME, readonly_topo=readonly
    )
    router = RouterFactory(config.ROUTER_PLUGIN_PATH).create(
        config.ROUTER_CLASS_NAME, writable_topo=writable, readonly_topo=readonly
    )
    grpc_server.init_app(writable_topo=writable, router=router, discover=discover)
    return grpc_server
