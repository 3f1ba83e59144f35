import enum
import logging
import threading

logger = logging.getLogger(__name__)


class StatusType(enum.Enum):
    OK = 1
    DUPLICATED = 2
    VERSION_ERROR = 4


class TopoGroup:
    def __init__(self, name):
        self.name, self.items = name, {}

    def add(self, topo_object):
        self.items[topo_object.name] = topo_object
        return StatusType.OK

    def get(self, name):
        return self.items.get(name)

    def __len__(self):
        return len(self.items)


class Topology:
    def __init__(self):
        self.topo_groups, self.cv = {}, threading.Condition()

    def add_group(self, group):
        with self.cv:
            if group.name in self.topo_groups:
                return StatusType.DUPLICATED
            self.topo_groups[group.name] = group
            return StatusType.OK

    def get_group(self, name):
        return self.topo_groups.get(name)

    def delete_group(self, group):
        with self.cv:
            self.topo_groups.pop(group, None)

    @property
    def group_names(self):
        return self.topo_groups.keys()
