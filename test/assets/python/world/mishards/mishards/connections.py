from milvus import Milvus

from mishards import settings, topology


class ConnectionGroup(topology.TopoGroup):
    def create(self, name, **kwargs):
        client = Milvus(name=name, uri=kwargs['uri'], max_retry=settings.MAX_RETRY)
        return self.add(client), client


class ConnectionTopology(topology.Topology):
    def stats(self):
        return {name: {} for name in self.topo_groups}

    def create(self, name):
        group = ConnectionGroup(name)
        status = self.add_group(group)
        return status, group if status == topology.StatusType.OK else None
