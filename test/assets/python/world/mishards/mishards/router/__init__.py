from mishards import exceptions


class RouterMixin:
    def __init__(self, writable_topo, readonly_topo):
        self.writable_topo, self.readonly_topo = writable_topo, readonly_topo

    def routing(self, collection_name, metadata=None, **kwargs):
        raise NotImplementedError

    def connection(self, metadata=None):
        return self.writable_topo.get_group('default').get('WOSERVER')

    def query_conn(self, name, metadata=None):
        group = self.readonly_topo.get_group(name) if name else None
        if not group:
            raise exceptions.ConnectionNotFoundError('Conn Group %s is Empty' % name, metadata=metadata)
        return group.get(name)
