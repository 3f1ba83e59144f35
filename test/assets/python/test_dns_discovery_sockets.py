"""assets/mishards/dns_discovery.py with its own probe, against real sockets on 127.0.0.x."""
import os
import socket
import time
import unittest

from fake_mishards import Config
from test_dns_discovery import Case, plugin


def listen(ip, port=0, backlog=16):
    """What the kernel of a reader does; whether the reader ever accepts makes no difference to a client's connect."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((ip, port))
    sock.listen(backlog)
    return sock


class Sockets(Case):
    def setUp(self):
        super().setUp()
        self.opened = []
        self.port = self.listener('127.0.0.2').getsockname()[1]

    def tearDown(self):
        for sock in self.opened:
            sock.close()
        super().tearDown()

    def listener(self, ip, port=0, **options):
        self.opened.append(listen(ip, port, **options))
        return self.opened[-1]

    def unanswering(self, ip):
        """A port whose connection attempts stay unanswered, since its queue is full; None where that can't be made."""
        full = self.listener(ip, backlog=0)
        port = full.getsockname()[1]
        target = '127.0.0.9' if ip == '0.0.0.0' else ip
        for _ in range(32):
            filler = socket.socket()
            self.opened.append(filler)
            filler.settimeout(0.1)
            try:
                filler.connect((target, port))
            except socket.timeout:
                return port
        return None

    def real(self, timeout='0.5'):
        config = Config(DISCOVERY_DNS_HOST='readers', DISCOVERY_DNS_PORT=str(self.port),
                        DISCOVERY_DNS_CONNECT_TIMEOUT=timeout)
        return plugin.DnsDiscovery.Create(self.world.topology, config, resolve=self.world.resolve)

    def test_readers_come_die_and_are_replaced(self):
        discovery = self.real()
        second = self.listener('127.0.0.3', self.port)
        self.world.dns = {'127.0.0.2', '127.0.0.3', '127.0.0.4'}
        self.tick_until(discovery, lambda: self.world.routed == {'127.0.0.2', '127.0.0.3'})
        second.close()  # killed: its port refuses
        discovery.tick()
        discovery.tick()
        self.assertIn('127.0.0.3', self.world.routed)
        discovery.tick()
        self.assertEqual(self.world.routed, {'127.0.0.2'})
        self.listener('127.0.0.4', self.port)  # replaced
        self.world.dns = {'127.0.0.2', '127.0.0.4'}
        self.tick_until(discovery, lambda: self.world.routed == {'127.0.0.2', '127.0.0.4'})

    def test_a_process_that_hangs_still_counts_as_accepting(self):
        # Its kernel completes the connection. The readiness probe is what takes such a reader out of DNS.
        self.assertEqual(plugin.probe({'127.0.0.2'}, self.port, 5), {'127.0.0.2'})

    def test_refused_unreachable_and_unanswering_are_not_accepting(self):
        port = self.unanswering('127.0.0.5')
        if port is None:
            self.skipTest('this kernel answers in spite of a full queue')
        self.listener('127.0.0.2', port)
        begun = time.monotonic()
        self.assertEqual(plugin.probe({'127.0.0.2', '127.0.0.5', '127.0.0.6', '255.255.255.255'}, port, 0.5),
                         {'127.0.0.2'})
        self.assertLess(time.monotonic() - begun, 2)

    def test_two_hundred_that_do_not_answer_share_one_time_out(self):
        port = self.unanswering('0.0.0.0')
        if port is None:
            self.skipTest('this kernel answers in spite of a full queue')
        ips = {'127.0.1.{}'.format(number) for number in range(1, 201)}
        begun = time.monotonic()
        self.assertEqual(plugin.probe(ips, port, 0.5), set())
        self.assertLess(time.monotonic() - begun, 2.5)  # one after the other: 100 s

    def test_three_hundred_that_answer_take_more_than_one_batch(self):
        port = self.listener('0.0.0.0', backlog=512).getsockname()[1]
        ips = {'127.0.{}.{}'.format(number // 100 + 1, number % 100 + 1) for number in range(300)}
        self.assertGreater(len(ips), plugin.PROBES_AT_ONCE)
        self.assertEqual(plugin.probe(ips, port, 5), ips)

    def test_sockets_are_closed(self):
        if not os.path.isdir('/proc/self/fd'):
            self.skipTest('no /proc to see them in')
        before = os.listdir('/proc/self/fd')
        for _ in range(10):  # fewer than the listener's queue holds
            plugin.probe({'127.0.0.2', '127.0.0.6', '255.255.255.255'}, self.port, 1)
        self.assertEqual(os.listdir('/proc/self/fd'), before)


if __name__ == '__main__':
    unittest.main()
