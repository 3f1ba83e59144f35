"""What the plugin sees of mishards 1.1.1, with readers that can be told how to behave."""
import enum
import threading


class StatusType(enum.Enum):
    OK = 1
    DUPLICATED = 2
    ADD_ERROR = 3
    VERSION_ERROR = 4


class NotConnectError(Exception):
    """pymilvus' own: not an exception that mishards knows."""


class Interrupt(BaseException):
    """Passes every `except Exception`."""


class World:
    """DNS, the network and the readers. Everything in it may be changed at any time, from any thread."""

    def __init__(self):
        self.dns = set()  # the answer, an exception to raise, or 'hang'
        self.accepting = set()  # ips that accept TCP; None: all in DNS
        self.connecting = {}  # ip -> what group.create does: a StatusType, an exception, 'hang', or seconds it takes
        self.connects = []  # every ip that group.create was called for
        self.go_on = threading.Event()  # what hangs does so until this is set
        self.empty_groups_routed_to = []
        self.topology = topology_of(self)()
        self.topology.routed = True

    def up(self, *ips):
        self.dns = set(ips)
        self.accepting = set(ips)

    def resolve(self, host):
        if self.dns == 'hang':
            self.go_on.wait(60)
        if isinstance(self.dns, BaseException):
            raise self.dns
        return set() if self.dns == 'hang' else set(self.dns)

    def probe(self, ips, port, timeout):
        if isinstance(self.accepting, BaseException):
            raise self.accepting
        return set(ips) & self.accepting

    def behave(self, ip):
        """What happens in group.create: returns its status."""
        self.connects.append(ip)
        how = self.connecting.get(ip, StatusType.OK)
        if how == 'hang':
            self.go_on.wait(60)
            return StatusType.OK
        if isinstance(how, BaseException) or (isinstance(how, type) and issubclass(how, BaseException)):
            raise how
        if isinstance(how, float):
            threading.Event().wait(how)
            return StatusType.OK
        return how

    @property
    def routed(self):
        """The ips that searches are sent to."""
        return {name[len('readonly-'):] for name in self.topology.group_names}


def topology_of(world):
    class Group:
        def __init__(self, name):
            self.name = name
            self.items = {}
            self.lock = threading.Condition()

        def __len__(self):  # so an empty group is falsy, as the real one
            return len(self.items)

        def create(self, name, **kwargs):
            scheme, address = kwargs['uri'].split('://')
            ip, port = address.split(':')
            assert (scheme, port.isdigit(), name) == ('tcp', True, 'readonly-' + ip), (name, kwargs)
            with self.lock:
                if name in self.items:
                    return StatusType.DUPLICATED, None
                status = world.behave(ip)
                if status != StatusType.OK:
                    return status, None
                self.items[name] = object()
                return status, self.items[name]

    class Topology:
        def __init__(self):
            self.groups = {}
            self.routed = False  # true for the one that searches look at

        def create(self, name):
            group = Group(name)
            status = self.add_group(group)
            return status, None if status == StatusType.DUPLICATED else group

        def add_group(self, group):
            if group.name in self.groups:
                return StatusType.DUPLICATED
            if self.routed and not group:
                world.empty_groups_routed_to.append(group.name)
            self.groups[group.name] = group
            return StatusType.OK

        def delete_group(self, group):
            self.groups.pop(group if isinstance(group, str) else group.name, None)

        @property
        def group_names(self):
            return self.groups.keys()

    return Topology


class Config:
    """Every DISCOVERY_* environment variable as a string attribute; those not set are None."""

    def __init__(self, **variables):
        self.__dict__.update(variables)

    def __getattr__(self, name):
        return None
