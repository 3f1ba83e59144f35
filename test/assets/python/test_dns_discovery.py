"""The rules of assets/mishards/dns_discovery.py, one round at a time, against a fake mishards."""
import ast
import contextlib
import importlib.util
import io
import logging
import os
import random
import socket
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request

from fake_mishards import Config, Interrupt, NotConnectError, StatusType, World

ASSET = os.path.abspath(os.path.join(os.path.dirname(__file__), '../../../assets/mishards/dns_discovery.py'))


def load_plugin():
    spec = importlib.util.spec_from_file_location('discovery.plugins.dns_discovery', ASSET)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


plugin = load_plugin()


class Log(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def eventually(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError('did not come true within {} s'.format(seconds))
        time.sleep(0.01)


class Case(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.now = 1000.0
        self.log = Log()
        plugin.logger.handlers, plugin.logger.propagate = [self.log], False
        plugin.logger.setLevel(logging.DEBUG)
        self.started = []

    def tearDown(self):
        self.world.go_on.set()
        for discovery in self.started:
            discovery.stop()
        self.assertEqual(self.world.empty_groups_routed_to, [])

    def discovery(self, timeout='5', **variables):
        """A time-out is only used up where something hangs, so it is long enough for a busy machine."""
        config = Config(DISCOVERY_DNS_HOST='readers', DISCOVERY_DNS_CONNECT_TIMEOUT=timeout, **variables)
        return plugin.DnsDiscovery.Create(
            readonly_topo=self.world.topology, plugin_config=config, resolve=self.world.resolve,
            probe=self.world.probe, clock=lambda: self.now)

    def start(self, discovery):
        self.started.append(discovery)
        self.assertTrue(discovery.start())
        return discovery

    def tick_until(self, discovery, condition):
        def tick():
            discovery.tick()
            return condition()
        eventually(tick)

    def logged(self, *words):
        return [line for line in self.log.lines if all(word in line for word in words)]


class Readers(Case):
    def test_from_none_to_three_to_one_to_none(self):
        discovery = self.discovery()
        discovery.tick()
        self.assertEqual(self.world.routed, set())
        self.world.up('10.0.0.1', '10.0.0.2', '10.0.0.3')
        discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.1', '10.0.0.2', '10.0.0.3'})
        self.world.up('10.0.0.2')
        discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.2'})
        self.world.up()
        discovery.tick()
        self.assertEqual(self.world.routed, set())

    def test_one_line_per_change_with_reason_and_count(self):
        discovery = self.discovery()
        self.world.up('10.0.0.1')
        discovery.tick()
        discovery.tick()
        self.world.up('10.0.0.2')
        discovery.tick()
        discovery.tick()
        self.assertEqual(self.log.lines, [
            'reader 10.0.0.1 added (in DNS, accepts connections): 1 readers',
            'reader 10.0.0.1 removed (left DNS): 0 readers',
            'reader 10.0.0.2 added (in DNS, accepts connections): 1 readers',
        ])

    def test_a_reader_that_left_dns_goes_at_once_even_if_it_still_accepts(self):
        discovery = self.discovery()
        self.world.up('10.0.0.1', '10.0.0.2')
        discovery.tick()
        self.world.dns = {'10.0.0.2'}
        discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.2'})

    def test_a_reader_that_does_not_accept_is_not_even_connected_to(self):
        discovery = self.discovery()
        self.world.up('10.0.0.1', '10.0.0.2')
        self.world.accepting = {'10.0.0.2'}
        for _ in range(3):
            discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.2'})
        self.assertEqual(self.world.connects, ['10.0.0.2'])
        self.assertEqual(len(self.logged('10.0.0.1', 'does not accept connections')), 1)

    def test_what_is_wrong_with_a_reader_is_said_again_when_it_has_been_away(self):
        discovery = self.discovery()
        for _ in range(2):
            self.world.dns = {'10.0.0.1'}
            discovery.tick()
            discovery.tick()
            self.world.dns = set()
            discovery.tick()
        self.assertEqual(len(self.logged('10.0.0.1', 'does not accept connections')), 2)

    def test_a_silent_reader_goes_after_three_misses_in_a_row_and_comes_back(self):
        discovery = self.discovery()
        self.world.up('10.0.0.1', '10.0.0.2')
        discovery.tick()
        for accepting, routed in [(False, True), (False, True), (True, True),  # two, then one that resets the count
                                  (False, True), (False, True), (False, False), (False, False), (True, True)]:
            self.world.accepting = {'10.0.0.1', '10.0.0.2'} if accepting else {'10.0.0.2'}
            discovery.tick()
            self.assertEqual('10.0.0.1' in self.world.routed, routed)
        self.assertEqual(len(self.logged('10.0.0.1')), 3)  # added, removed, added
        self.assertEqual(self.logged('removed'),
                         ['reader 10.0.0.1 removed (does not accept connections): 1 readers'])

    def test_the_number_of_misses_is_configurable(self):
        discovery = self.discovery(DISCOVERY_DNS_MISSES='1')
        self.world.up('10.0.0.1')
        discovery.tick()
        self.world.accepting = set()
        discovery.tick()
        self.assertEqual(self.world.routed, set())

    def test_a_pod_that_comes_back_with_another_ip(self):
        discovery = self.discovery()
        self.world.up('10.0.0.1', '10.0.0.2')
        discovery.tick()
        self.world.up('10.0.0.9', '10.0.0.2')
        discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.9', '10.0.0.2'})

    def test_a_probe_that_raises_changes_nothing(self):
        discovery = self.discovery()
        self.world.up('10.0.0.1')
        discovery.tick()
        self.world.accepting = OSError('too many open files')
        for _ in range(5):
            with self.assertRaises(OSError):
                discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.1'})


class Connecting(Case):
    def test_a_reader_that_hangs_holds_up_no_other_and_is_added_when_it_answers(self):
        discovery = self.discovery(timeout='0.3')
        self.world.up('10.0.0.1', '10.0.0.2')
        self.world.connecting = {'10.0.0.1': 'hang'}
        self.tick_until(discovery, lambda: self.world.routed == {'10.0.0.2'})
        begun = time.monotonic()
        discovery.tick()  # waits for nothing that it did not begin
        self.assertLess(time.monotonic() - begun, 0.25)
        self.assertEqual(self.world.connects.count('10.0.0.1'), 1)
        self.world.go_on.set()
        self.tick_until(discovery, lambda: self.world.routed == {'10.0.0.1', '10.0.0.2'})

    def test_a_quick_reader_does_not_even_wait_for_the_end_of_the_round(self):
        discovery = self.discovery()
        self.world.up('10.0.0.1', '10.0.0.2', '10.0.0.3')
        self.world.connecting = {'10.0.0.1': 'hang', '10.0.0.3': 'hang'}
        a_round = threading.Thread(target=discovery.tick, daemon=True)
        a_round.start()
        eventually(lambda: self.world.routed == {'10.0.0.2'}, seconds=4)
        self.assertTrue(a_round.is_alive())
        self.world.go_on.set()
        a_round.join(10)
        self.assertEqual(len(self.world.routed), 3)

    def test_a_reader_that_left_dns_while_it_hung_leaves_nothing_behind(self):
        discovery = self.discovery(timeout='0.1')
        self.world.up('10.0.0.1')
        self.world.connecting = {'10.0.0.1': 'hang'}
        self.tick_until(discovery, lambda: discovery.creating)
        task = discovery.creating['10.0.0.1']
        self.world.up('10.0.0.2')
        self.tick_until(discovery, lambda: self.world.routed == {'10.0.0.2'})
        self.world.go_on.set()
        task.join(10)
        discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.2'})
        self.assertEqual(discovery.creating, {})

    def test_a_reader_that_died_after_it_was_connected_to_is_not_added(self):
        discovery = self.discovery(timeout='0.1')
        self.world.up('10.0.0.1')
        self.world.connecting = {'10.0.0.1': 'hang'}
        self.tick_until(discovery, lambda: discovery.creating)
        self.world.accepting = set()
        self.world.go_on.set()
        discovery.creating['10.0.0.1'].join(10)
        discovery.tick()
        self.assertEqual(self.world.routed, set())
        self.world.up('10.0.0.1')
        self.tick_until(discovery, lambda: self.world.routed == {'10.0.0.1'})

    def test_a_connection_that_hangs_for_two_minutes_is_given_up_and_begun_again(self):
        discovery = self.discovery(timeout='0.1')
        self.world.up('10.0.0.1')
        self.world.connecting = {'10.0.0.1': 'hang'}
        self.tick_until(discovery, lambda: discovery.creating)
        late = discovery.creating['10.0.0.1']
        self.now += 121
        discovery.tick()
        self.world.connecting = {}
        self.tick_until(discovery, lambda: self.world.routed == {'10.0.0.1'})
        group = self.world.topology.groups['readonly-10.0.0.1']
        self.world.go_on.set()
        late.join(10)
        discovery.tick()
        self.assertIs(self.world.topology.groups['readonly-10.0.0.1'], group)
        self.assertEqual(len(self.logged('hangs')), 1)

    def test_whatever_it_raises_the_others_go_on_and_it_is_tried_again(self):
        for error in (NotConnectError('no'), AttributeError('stats'), Interrupt(), SystemExit(1), KeyboardInterrupt()):
            with self.subTest(error=error):
                self.world.up()
                self.world.topology.groups.clear()
                discovery = self.discovery()
                self.log.lines.clear()
                self.world.up('10.0.0.1', '10.0.0.2')
                self.world.connecting = {'10.0.0.1': error}
                for _ in range(3):
                    discovery.tick()
                self.assertEqual(self.world.routed, {'10.0.0.2'})
                self.assertEqual(len(self.logged('10.0.0.1', type(error).__name__)), 1)
                self.world.connecting = {}
                discovery.tick()
                self.assertEqual(self.world.routed, {'10.0.0.1', '10.0.0.2'})

    def test_a_wrong_version_is_tried_until_it_is_right(self):
        discovery = self.discovery()
        self.world.up('10.0.0.1')
        for status in (StatusType.VERSION_ERROR, StatusType.VERSION_ERROR, StatusType.ADD_ERROR):
            self.world.connecting = {'10.0.0.1': status}
            discovery.tick()
            self.assertEqual(self.world.routed, set())
        self.world.connecting = {}
        discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.1'})
        self.assertEqual(len(self.logged('VERSION_ERROR')), 1)

    def test_a_group_of_that_name_that_is_not_ours_is_replaced(self):
        _, foreign = self.world.topology.create(name='readonly-10.0.0.1')
        self.world.empty_groups_routed_to.clear()
        discovery = self.discovery()
        self.world.up('10.0.0.1')
        discovery.tick()
        self.assertEqual(self.world.routed, set())
        discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.1'})
        self.assertIsNot(self.world.topology.groups['readonly-10.0.0.1'], foreign)

    def test_a_topology_that_raises_when_a_group_is_added_keeps_none(self):
        discovery = self.discovery()
        self.world.up('10.0.0.1')
        add_group = self.world.topology.add_group

        def broken(group):
            add_group(group)
            raise Interrupt()
        self.world.topology.add_group = broken
        discovery.tick()
        self.assertEqual(self.world.routed, set())
        del self.world.topology.add_group
        discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.1'})

    def test_a_group_that_cannot_be_deleted_is_tried_again(self):
        discovery = self.discovery()
        self.world.up('10.0.0.1', '10.0.0.2')
        discovery.tick()
        self.world.up('10.0.0.2')

        def broken(name):
            raise RuntimeError('no')
        self.world.topology.delete_group = broken
        discovery.tick()
        discovery.tick()
        self.assertEqual(len(self.logged('cannot be removed')), 1)
        del self.world.topology.delete_group
        discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.2'})

    def test_two_hundred_readers_are_connected_to_at_the_same_time(self):
        ips = ['10.0.1.{}'.format(number) for number in range(200)]
        self.world.up(*ips)
        self.world.connecting = {ip: 0.1 for ip in ips}
        discovery = self.discovery()
        begun = time.monotonic()
        discovery.tick()
        self.assertEqual(self.world.routed, set(ips))
        self.assertLess(time.monotonic() - begun, 4)  # one after the other: 20 s


class InPlace(Case):
    """With a topology that offers no more than what plugins are meant to use, and cannot be made anew."""

    class Documented:
        def __init__(self, topology):
            self.create = topology.create
            self.delete_group = topology.delete_group
            self.topology = topology

        @property
        def group_names(self):
            return self.topology.group_names

    def tearDown(self):
        self.world.empty_groups_routed_to.clear()  # in place, a group is empty for as long as a round takes
        super().tearDown()

    def discovery(self, timeout='5', **variables):
        discovery = super().discovery(timeout, **variables)
        discovery.topology = self.Documented(self.world.topology)
        discovery.apart = plugin.can_be_made_apart(discovery.topology)
        self.assertFalse(discovery.apart)
        return discovery

    def test_readers_come_and_go(self):
        discovery = self.discovery()
        for ips in ([], ['10.0.0.1', '10.0.0.2', '10.0.0.3'], ['10.0.0.2'], ['10.0.0.9'], []):
            self.world.up(*ips)
            for _ in range(3):
                discovery.tick()
            self.assertEqual(self.world.routed, set(ips))

    def test_whatever_goes_wrong_leaves_no_group_behind_and_is_tried_again(self):
        for wrong in (NotConnectError(), AttributeError(), Interrupt(), StatusType.VERSION_ERROR, StatusType.ADD_ERROR):
            discovery = self.discovery()
            self.world.up('10.0.0.1')
            self.world.connecting['10.0.0.1'] = wrong
            discovery.tick()
            self.assertEqual(self.world.routed, set(), wrong)
            self.world.connecting.clear()
            discovery.tick()
            self.assertEqual(self.world.routed, {'10.0.0.1'}, wrong)
            self.world.up()
            for _ in range(3):
                discovery.tick()

    def test_a_group_of_that_name_that_is_not_ours_is_replaced(self):
        self.world.topology.create(name='readonly-10.0.0.1')
        discovery = self.discovery()
        self.world.up('10.0.0.1')
        discovery.tick()
        self.assertEqual(self.world.routed, set())
        discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.1'})

    def test_a_reader_that_hangs_while_connecting_is_not_routed_to_and_comes_when_it_can(self):
        discovery = self.discovery(timeout='0.1')
        self.world.up('10.0.0.1', '10.0.0.2')
        self.world.connecting['10.0.0.1'] = 'hang'
        discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.2'})
        discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.2'})
        self.world.connecting.clear()
        self.world.go_on.set()

        def both_are_there():
            discovery.tick()
            return self.world.routed == {'10.0.0.1', '10.0.0.2'}
        eventually(both_are_there)


class Dns(Case):
    def test_a_failure_keeps_those_that_accept_and_is_logged_once(self):
        discovery = self.discovery()
        self.world.up('10.0.0.1', '10.0.0.2')
        discovery.tick()
        for error in (socket.gaierror(socket.EAI_AGAIN, 'try again'), socket.gaierror(socket.EAI_FAIL, 'failed'),
                      OSError('no'), UnicodeError('label too long'), Interrupt(), SystemExit(1)):
            self.world.dns = error
            discovery.tick()
            self.assertEqual(self.world.routed, {'10.0.0.1', '10.0.0.2'})
        self.world.accepting = {'10.0.0.2'}
        for _ in range(3):
            discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.2'})
        self.assertEqual(len(self.logged('DNS fails')), 1)
        self.world.up('10.0.0.3')
        discovery.tick()
        discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.3'})
        self.assertEqual(len(self.logged('dns works again')), 1)

    def test_a_reader_that_went_silent_while_dns_fails_comes_back_only_with_dns(self):
        discovery = self.discovery(DISCOVERY_DNS_MISSES='1')
        self.world.up('10.0.0.1')
        discovery.tick()
        self.world.dns, self.world.accepting = OSError('no'), set()
        discovery.tick()
        self.world.accepting = {'10.0.0.1'}
        discovery.tick()
        self.assertEqual(self.world.routed, set())
        self.world.up('10.0.0.1')
        discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.1'})

    def test_a_resolver_that_hangs_keeps_the_readers_and_costs_one_time_out(self):
        discovery = self.discovery(timeout='0.2')
        self.world.up('10.0.0.1', '10.0.0.2')
        self.tick_until(discovery, lambda: len(self.world.routed) == 2)
        self.world.dns, self.world.accepting = 'hang', {'10.0.0.2'}
        begun = time.monotonic()
        for _ in range(3):
            discovery.tick()
        self.assertLess(time.monotonic() - begun, 3)
        self.assertEqual(self.world.routed, {'10.0.0.2'})  # the other one by its misses
        self.assertEqual(self.logged('DNS fails'), [])  # merely slow as yet
        self.now += 31
        discovery.tick()
        discovery.tick()
        self.assertEqual(len(self.logged('DNS fails', 'no answer')), 1)
        self.world.up('10.0.0.3')
        self.now += 31
        self.tick_until(discovery, lambda: self.world.routed == {'10.0.0.3'})  # though the old lookups still hang

    def test_a_connection_begun_before_dns_failed_counts(self):
        discovery = self.discovery(timeout='0.1')
        self.world.up('10.0.0.1')
        self.world.connecting = {'10.0.0.1': 'hang'}
        self.tick_until(discovery, lambda: discovery.creating)
        self.world.dns = OSError('no')
        self.world.go_on.set()
        discovery.creating['10.0.0.1'].join(10)
        discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.1'})

    def test_a_late_answer_counts(self):
        discovery = self.discovery(timeout='0.1')
        self.world.dns = 'hang'
        discovery.tick()
        self.world.up('10.0.0.1')
        self.world.go_on.set()
        self.tick_until(discovery, lambda: self.world.routed == {'10.0.0.1'})

    def test_no_addresses_removes_at_once_what_does_not_accept_and_the_rest_when_it_is_certain(self):
        discovery = self.discovery()
        self.world.up('10.0.0.1', '10.0.0.2')
        discovery.tick()
        self.world.dns, self.world.accepting = set(), {'10.0.0.2'}
        discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.2'})
        discovery.tick()
        self.assertEqual(self.world.routed, {'10.0.0.2'})
        discovery.tick()
        self.assertEqual(self.world.routed, set())
        self.assertEqual(len(self.logged('DNS has no reader')), 1)

    def test_one_wrong_empty_answer_stops_no_search(self):
        discovery = self.discovery()
        self.world.up('10.0.0.1')
        for _ in range(4):
            self.world.dns = {'10.0.0.1'}
            discovery.tick()
            self.world.dns = set()
            discovery.tick()
            discovery.tick()
            self.assertEqual(self.world.routed, {'10.0.0.1'})

    def test_answers_of_the_real_resolver(self):
        real = socket.getaddrinfo
        self.addCleanup(setattr, socket, 'getaddrinfo', real)
        entry = (socket.AF_INET, socket.SOCK_STREAM, 6, '', ('10.0.0.1', 0))
        socket.getaddrinfo = lambda *_: [entry, entry]
        self.assertEqual(plugin.resolve('readers'), {'10.0.0.1'})
        for code, empty in ((socket.EAI_NONAME, True), (getattr(socket, 'EAI_NODATA', -5), True),
                            (socket.EAI_AGAIN, False), (socket.EAI_FAIL, False), (socket.EAI_SYSTEM, False)):
            def fail(*_, code=code):
                raise socket.gaierror(code, 'no')
            socket.getaddrinfo = fail
            if empty:
                self.assertEqual(plugin.resolve('readers'), set())
            else:
                self.assertRaises(socket.gaierror, plugin.resolve, 'readers')


class Chaos(Case):
    def test_a_thousand_random_rounds_end_in_what_dns_says(self):
        seed = 20260
        chance = random.Random(seed)
        discovery = self.discovery(timeout='0.005')
        answers = []
        ask_dns = discovery.ask_dns
        discovery.ask_dns = lambda: answers.append(ask_dns()) or answers[-1]
        world, silent_for = self.world, {}
        ips = ['10.0.0.{}'.format(number) for number in range(12)]
        gates = []
        for step in range(1000):
            with self.subTest(seed=seed, step=step):
                for _ in range(chance.randint(0, 3)):
                    ip = chance.choice(ips)
                    world.connecting[ip] = chance.choice(
                        [StatusType.OK] * 6 + ['hang', StatusType.VERSION_ERROR, NotConnectError, Interrupt])
                    chance.choice([world.accepting.add, world.accepting.add, world.accepting.discard])(ip)
                weather = chance.random()
                up = {ip for ip in ips if chance.random() < 0.6}
                if weather < 0.15:
                    world.dns = chance.choice([OSError('no'), Interrupt()])
                elif weather < 0.18:
                    world.dns = 'hang'
                elif weather < 0.25:
                    world.dns = set()
                elif weather < 0.6 or not isinstance(world.dns, set):
                    world.dns = up
                if chance.random() < 0.1:  # all that hangs now goes on, later ones hang again
                    gates.append(world.go_on)
                    world.go_on.set()
                    world.go_on = threading.Event()
                    self.now += chance.choice([0, 0, 40, 130])
                begun = time.monotonic()
                discovery.tick()
                self.assertLess(time.monotonic() - begun, 3)  # 0.015 and a busy machine
                self.now += 5
                for ip in ips:
                    silent_for[ip] = 0 if ip in world.accepting else silent_for.get(ip, 0) + 1
                self.assertEqual(world.routed, set(discovery.readers))
                self.assertTrue(all(world.topology.groups.values()), 'a group without a member is routed to')
                if answers[-1]:
                    self.assertLessEqual(world.routed, answers[-1])
                self.assertEqual([ip for ip in world.routed if silent_for[ip] >= 3], [])
        world.up(*ips[:7])
        world.connecting = {}
        world.go_on.set()
        for _ in range(300):  # a hanging call may be waiting at a gate that is gone
            discovery.tick()
            self.now += 5
            if world.routed == set(ips[:7]) and not discovery.creating:
                break
        self.assertEqual(world.routed, set(ips[:7]))
        self.assertEqual(world.empty_groups_routed_to, [])
        self.assertLessEqual(set(discovery.unusable), set(ips))


class Loop(Case):
    def test_starts_at_once_works_and_ends(self):
        discovery = self.discovery(timeout='1', DISCOVERY_DNS_POLL_INTERVAL='0.02')
        discovery.health_port = 0
        self.world.up('10.0.0.1')
        self.start(discovery)
        eventually(lambda: self.world.routed == {'10.0.0.1'})
        self.world.up()
        eventually(lambda: self.world.routed == set())
        self.assertTrue(all(thread.daemon for thread in discovery.threads))
        discovery.stop()
        eventually(lambda: not any(thread.is_alive() for thread in discovery.threads))

    def test_survives_a_round_that_raises_anything(self):
        discovery = self.discovery(timeout='1', DISCOVERY_DNS_POLL_INTERVAL='0.02')
        discovery.health_port = 0
        self.world.up('10.0.0.1')
        self.world.accepting = OSError('too many open files')
        self.start(discovery)
        for error in (OSError('no'), Interrupt(), SystemExit(1), MemoryError()):
            self.world.accepting = error
            eventually(lambda: self.logged('round failed', type(error).__name__))
        self.world.accepting = {'10.0.0.1'}
        eventually(lambda: self.world.routed == {'10.0.0.1'})
        eventually(lambda: self.logged('round works again'))


class Settings(Case):
    def test_defaults(self):
        discovery = plugin.DnsDiscovery.Create(readonly_topo=self.world.topology,
                                               plugin_config=Config(DISCOVERY_DNS_HOST=' readers '))
        self.assertEqual((discovery.host, discovery.port, discovery.interval, discovery.timeout, discovery.misses,
                          discovery.health_port, discovery.stuck_after), ('readers', 19530, 5, 2, 3, 19120, 30))

    def test_all_settings(self):
        discovery = plugin.DnsDiscovery.Create(readonly_topo=self.world.topology, plugin_config=Config(
            DISCOVERY_DNS_HOST='r', DISCOVERY_DNS_PORT='19531', DISCOVERY_DNS_POLL_INTERVAL='20',
            DISCOVERY_DNS_CONNECT_TIMEOUT='0.5', DISCOVERY_DNS_MISSES='4', DISCOVERY_DNS_HEALTH_PORT='8080'))
        self.assertEqual((discovery.host, discovery.port, discovery.interval, discovery.timeout, discovery.misses,
                          discovery.health_port, discovery.stuck_after), ('r', 19531, 20, 0.5, 4, 8080, 120))

    def test_fails_without_a_host(self):
        for host in (None, '', ' '):
            discovery = plugin.DnsDiscovery.Create(readonly_topo=self.world.topology,
                                                   plugin_config=Config(DISCOVERY_DNS_HOST=host))
            self.assertIs(discovery.start(), False)
        self.assertEqual(len(self.logged('DISCOVERY_DNS_HOST is not set')), 3)

    def test_fails_on_settings_that_are_no_numbers(self):
        for name, value in (('PORT', 'http'), ('PORT', '70000'), ('MISSES', '0'), ('MISSES', '1.5'),
                            ('POLL_INTERVAL', '-1'), ('POLL_INTERVAL', 'nan'), ('CONNECT_TIMEOUT', '2s'),
                            ('HEALTH_PORT', '0')):
            variable = 'DISCOVERY_DNS_' + name
            discovery = plugin.DnsDiscovery.Create(
                readonly_topo=self.world.topology, plugin_config=Config(DISCOVERY_DNS_HOST='r', **{variable: value}))
            self.assertIs(discovery.start(), False)
            self.assertTrue(self.logged(variable, repr(value)), (name, value))

    def test_registers_itself_as_dns(self):
        class App:
            plugins = []
            on_plugin_setup = plugins.append
        plugin.setup(App)
        self.assertEqual([registered.name for registered in App.plugins], ['dns'])


class Health(Case):
    def get(self, discovery, path):
        url = 'http://127.0.0.1:{}{}'.format(discovery.health_address[1], path)
        try:
            with urllib.request.urlopen(url, timeout=4) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def serving(self, timeout='1'):
        discovery = self.discovery(timeout, DISCOVERY_DNS_POLL_INTERVAL='0.05')
        discovery.health_port = 0
        self.start(discovery)
        eventually(lambda: discovery.health_address)
        return discovery

    def test_live_and_ready(self):
        noise = io.StringIO()
        with contextlib.redirect_stderr(noise):
            discovery = self.serving()
            self.assertEqual(self.get(discovery, '/live'), (200, 'loop alive, 0 readers\n'))
            self.assertEqual(self.get(discovery, '/ready'), (503, 'loop alive, 0 readers\n'))
            self.world.up('10.0.0.1', '10.0.0.2')
            eventually(lambda: len(self.world.routed) == 2)
            self.assertEqual(self.get(discovery, '/ready'), (200, 'loop alive, 2 readers\n'))
            for path in ('/', '/live/', '/metrics', '/live?x'):
                self.assertEqual(self.get(discovery, path)[0], 404)
        self.assertEqual(noise.getvalue(), '')
        self.assertEqual(self.logged('/live') + self.logged('GET'), [])
        self.assertEqual(discovery.health_address[0], '0.0.0.0')

    def test_live_fails_while_the_loop_is_stuck(self):
        stuck, go_on = threading.Event(), threading.Event()
        self.addCleanup(go_on.set)
        discovery = self.serving()
        self.world.up('10.0.0.1')
        eventually(lambda: self.world.routed)

        def probe(*_):
            stuck.set()
            go_on.wait(60)
            return {'10.0.0.1'}
        discovery.probe = probe
        self.assertTrue(stuck.wait(10))
        self.now += 29
        self.assertEqual(self.get(discovery, '/live')[0], 200)
        self.now += 2
        self.assertEqual(self.get(discovery, '/live'), (503, 'loop stuck, 1 readers\n'))
        self.assertEqual(self.get(discovery, '/ready')[0], 200)
        go_on.set()
        eventually(lambda: self.get(discovery, '/live')[0] == 200)

    def test_live_from_the_start_however_long_mishards_waited_before_it(self):
        discovery = self.discovery()
        self.now += 90
        self.world.dns = 'hang'
        discovery.health_port = 0
        self.start(discovery)
        eventually(lambda: discovery.health_address)
        self.assertEqual(self.get(discovery, '/live')[0], 200)

    def test_live_while_connecting_hangs_and_dns_hangs(self):
        self.world.up('10.0.0.1')
        self.world.connecting = {'10.0.0.1': 'hang'}
        discovery = self.serving(timeout='0.1')
        eventually(lambda: self.world.connects)
        self.world.dns = 'hang'
        rounds = discovery.last_round
        self.now += 100
        eventually(lambda: discovery.last_round != rounds)
        self.assertEqual(self.get(discovery, '/live')[0], 200)

    def test_a_client_that_says_nothing_holds_up_no_probe(self):
        discovery = self.serving()
        with socket.create_connection(('127.0.0.1', discovery.health_address[1])):
            self.assertEqual(self.get(discovery, '/live')[0], 200)

    def test_a_port_in_use_is_logged_once_and_tried_again(self):
        interval = plugin.REBIND_INTERVAL
        self.addCleanup(setattr, plugin, 'REBIND_INTERVAL', interval)
        plugin.REBIND_INTERVAL = 0.05
        self.world.up('10.0.0.1')
        with socket.socket() as occupant:
            occupant.bind(('0.0.0.0', 0))
            occupant.listen(1)
            discovery = self.discovery(timeout='1', DISCOVERY_DNS_HEALTH_PORT=str(occupant.getsockname()[1]))
            self.start(discovery)
            eventually(lambda: self.world.routed == {'10.0.0.1'})
            eventually(lambda: self.logged('health port'))
            self.assertIsNone(discovery.health_address)
        eventually(lambda: discovery.health_address)
        self.assertEqual(self.get(discovery, '/live')[0], 200)
        self.assertEqual(len(self.logged('health port')), 1)
        self.assertEqual(len(self.logged('health works again')), 1)


class Source(unittest.TestCase):
    with open(ASSET, encoding='utf-8') as file:
        text = file.read()

    @unittest.skipIf(sys.version_info < (3, 8), 'this is an old Python itself')
    def test_is_python_3_6_without_annotations(self):
        tree = ast.parse(self.text, feature_version=(3, 6))
        for node in ast.walk(tree):
            self.assertNotIsInstance(node, ast.AnnAssign)
            self.assertIsNone(getattr(node, 'returns', None))
            self.assertIsNone(getattr(node, 'annotation', None))

    def test_imports_the_standard_library_only(self):
        imported = {alias.name.split('.')[0] for node in ast.walk(ast.parse(self.text))
                    if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names}
        self.assertEqual(imported, {'errno', 'http', 'logging', 'selectors', 'socket', 'socketserver', 'threading',
                                    'time'})

    def test_survives_variable_substitution_and_a_config_map(self):
        self.assertNotIn('$' + '{', self.text)
        self.assertTrue(self.text.isascii() if hasattr(self.text, 'isascii') else True)


if __name__ == '__main__':
    unittest.main()
