"""Whether this is the mishards, and the pymilvus, that the modules beside this one know."""
import importlib
import inspect

# Where, what, and the names of its parameters.
KNOWN = (
    ('mishards', 'create_app', 'testing_config'),
    ('mishards.db_base', 'DB.remove_session', 'self'),
    ('mishards.db_base', 'DB.init_db', 'self uri echo pool_size pool_recycle pool_timeout pool_pre_ping max_overflow'),
    ('mishards.connections', 'ConnectionGroup.create', 'self name kwargs'),
    ('mishards.connections', 'ConnectionTopology.create', 'self name'),
    ('mishards.topology', 'Topology.delete_group', 'self group'),
    ('mishards.service_handler', 'ServiceHandler._do_query',
     'self context collection_id collection_meta vectors topk search_params partition_tags kwargs'),
    ('mishards.service_handler', 'ServiceHandler._do_merge', 'self files_n_topk_results topk reverse kwargs'),
    ('mishards.service_handler', 'ServiceHandler._cmd', 'self cmd metadata'),
    ('mishards.router', 'RouterMixin.connection', 'self metadata'),
    ('mishards.router', 'RouterMixin.routing', 'self collection_name metadata kwargs'),
    ('mishards.hash_ring', 'HashRing.get_node', 'self string_key'),
    ('mishards.exceptions', 'ConnectionNotFoundError.__init__', 'self message metadata'),
    ('mishards.exceptions', 'DBError.__init__', 'self message metadata'),
    ('mishards.server', 'Server.run', 'self port'),
    ('discovery.factory', 'DiscoveryFactory.create', 'self class_name kwargs'),
    ('discovery.factory', 'DiscoveryFactory.on_plugin_setup', 'self plugin_class'),
    ('milvus.client.prepare', 'Prepare.search_vector_in_files_param', 'collection_name query_records topk ids params'),
    ('milvus.client.types', 'Status.__init__', 'self code message'),
    ('milvus.grpc_gen.milvus_pb2_grpc', 'MilvusServiceStub.__init__', 'self channel'),
)


class Unexpected(Exception):
    """Another version, or none."""


def verify():
    """Raises Unexpected with all that is other than known."""
    problems = []
    for module, what, parameters in KNOWN:
        try:
            found = importlib.import_module(module)
            for name in what.split('.'):
                found = getattr(found, name)
            names = ' '.join(inspect.signature(found).parameters)
            if names != parameters:
                problems.append('%s.%s takes (%s), not (%s)' % (module, what, names, parameters))
        except Exception as error:
            problems.append('%s.%s: %s' % (module, what, error))
    if problems:
        raise Unexpected('; '.join(problems))
