"""Readers on nodes that the network loses.

Runs in a network namespace of its own: unshare --net --mount python3 -m unittest test_network
"""
import os
import socket
import subprocess
import threading
import time
import unittest

from world import LIMIT, SBIN, Case, Client, Load, Server, until

TAKEN_IN = 2 * LIMIT / 5 + 1  # gRPC waits up to a second before it connects again


def run(command, **options):
    return subprocess.run(command.split(), check=True, env={'PATH': SBIN}, **options)


class Node(Server):
    """A reader in a namespace of its own, at the other end of a cable."""

    def __init__(self, world, number, **state):
        self.cable = 'cable%d' % number
        self.net = '10.79.%d.' % number
        wait = 'until ip addr show dev eth0 2>&- | grep -q inet; do sleep 0.05; done; exec "$@"'
        wrapper = ['unshare', '--net', 'sh', '-c', wait, '-']
        super().__init__(world.folder, 'r%d' % (number + 1), '%s2:%d' % (self.net, world.port), wrapper, **state)

    def start(self, **state):
        super().start(**state)
        until(lambda: os.readlink('/proc/self/ns/net') != os.readlink('/proc/%d/ns/net' % self.pid), 'a namespace')
        inside = 'nsenter --net=/proc/%d/ns/net ' % self.pid
        run('ip link add %s type veth peer name eth0 netns %d' % (self.cable, self.pid))
        run('ip addr add %s1/24 dev %s' % (self.net, self.cable))
        run('ip link set %s up' % self.cable)
        run(inside + 'ip link set lo up')
        run(inside + 'ip link set eth0 up')
        run(inside + 'ip addr add %s2/24 dev eth0' % self.net)

    def vanish(self):
        """Its packets are lost, and nobody says so."""
        run('nft -f -', text=True, input='''
            table ip %(cable)s {
                chain input { type filter hook input priority 0; ip saddr %(ip)s drop; }
                chain output { type filter hook output priority 0; ip daddr %(ip)s drop; }
            }''' % {'cable': self.cable, 'ip': self.ip})  # fmt: skip

    def appear(self):
        run('nft delete table ip ' + self.cable)

    def unplug(self):
        run('ip link set %s down' % self.cable)

    def plug(self):
        run('ip link set %s up' % self.cable)

    def lose_power(self):
        """The namespace, and with it the cable, goes with the process."""
        self.kill()
        until(lambda: self.cable not in dict(map(reversed, socket.if_nameindex())), 'no cable')


class Network(Case):
    options = {'make': Node}

    @classmethod
    def setUpClass(cls):
        with open('/proc/net/route') as file:
            assert len(file.readlines()) <= 1, 'this network has routes: it is not a namespace of its own'
        run('ip link set lo up')
        super().setUpClass()

    def costs_no_search(self, reader, lose, mend):
        with Load(self.world) as load:
            time.sleep(0.5)
            lose()
            time.sleep(LIMIT + 1)
            mend()
            before = reader.set()['searches']
            _, seconds = until(lambda: reader.set()['searches'] > before, 'searched again')
        self.assert_all_answered(load)
        self.assertLess(seconds, TAKEN_IN)
        self.assert_one_line(reader, 'is out: ')
        self.assert_one_line(reader, 'is in: ')

    def test_vanished_packets(self):
        reader = self.world.readers[1]
        self.costs_no_search(reader, reader.vanish, reader.appear)

    def test_an_unplugged_node(self):
        reader = self.world.readers[0]
        self.costs_no_search(reader, reader.unplug, reader.plug)

    def test_a_node_that_loses_its_power(self):
        reader = self.world.readers[1]
        self.costs_no_search(reader, reader.lose_power, reader.start)

    def test_a_long_search_on_a_reader_that_is_there_goes_on_when_another_vanishes(self):
        first, second = self.world.readers
        first.set(slow={'77': 5})
        client, answers = Client(self.proxy.address), []
        slow = threading.Thread(target=lambda: answers.append(client.search(topk=77)), daemon=True)
        slow.start()
        until(lambda: first.set()['running'], 'searched')
        second.vanish()
        slow.join()
        second.appear()
        self.assertEqual(answers[0][1], self.files)
        self.assertLess(answers[0][0], 5 + 5 + LIMIT)  # the files of the second are searched by the first: once more

    def test_all_vanish(self):
        with Load(self.world) as load:
            for reader in self.world.readers:
                reader.vanish()
            time.sleep(LIMIT + 1)
            status, body = self.proxy.get('/ready')
            for reader in self.world.readers:
                reader.appear()
            _, seconds = until(lambda: self.proxy.get('/ready')[0] == 200, lambda: self.proxy.get('/ready')[1])
            mended = time.monotonic()
            time.sleep(1)
        self.assertEqual(status, 503)
        self.assertIn('no reader answers', body)
        self.assertLess(seconds, TAKEN_IN)
        self.assertLess(max(call[1] for call in load.calls), LIMIT)
        self.assertEqual([call for call in load.calls if call[0] > mended and call[2] != self.files], [])
        self.assertTrue(any('no reader answers' in str(call[2]) for call in load.calls))


if __name__ == '__main__':
    unittest.main()
