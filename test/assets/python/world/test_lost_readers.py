"""Readers that go, hang and come back while clients search."""
import signal
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from world import CLIENTS, LIMIT, Case, Client, Load, until

TAKEN_IN = 2 * LIMIT / 5
LONG = 20


class Lost(Case):
    """The second of two readers is lost. All the while the first answers, and one search in it takes long."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        client, cls.answers = Client(cls.world.proxy.address), []
        cls.world.readers[0].set(slow={'77': LONG})
        cls.long = threading.Thread(target=lambda: cls.answers.append(client.search(topk=77)), daemon=True)
        cls.long.start()
        until(lambda: cls.world.readers[0].set()['running'], 'searched')

    @property
    def second(self):
        return self.world.readers[1]

    def watch(self, reader, condition):
        return until(lambda: condition(reader.set()), lambda: str(reader.set()))

    def test_a_killed_reader_costs_no_search_and_comes_back(self):
        with Load(self.world) as load:
            self.second.kill()
            time.sleep(LIMIT + 1)
            self.second.start()
            self.second.set()  # it answers
            _, seconds = self.watch(self.second, lambda state: state['searches'] > 0)
        self.assert_all_answered(load)
        self.assertLess(seconds, TAKEN_IN)
        self.assert_one_line(self.second, 'is out: ')
        self.assert_one_line(self.second, 'is in: ')

    def test_a_reader_that_hangs_costs_no_search_and_comes_back(self):
        with Load(self.world) as load:
            self.second.kill(signal.SIGSTOP)
            time.sleep(LIMIT + 1)
            self.second.kill(signal.SIGCONT)
            before = self.second.set()['searches']
            _, seconds = self.watch(self.second, lambda state: state['searches'] > before)
        self.assert_all_answered(load)
        self.assertLess(seconds, TAKEN_IN)
        self.assert_one_line(self.second, 'is out: ')
        self.assert_one_line(self.second, 'is in: ')

    def test_all_the_while_a_search_that_takes_long_goes_on(self):
        self.long.join()
        seconds, found = self.answers[0]
        self.assertEqual(found, self.files)
        self.assertGreater(seconds, LONG)
        self.assertLess(seconds, LONG + LIMIT)  # it was done once


class NoReader(Case):
    """With all readers gone."""

    def gone(self, kill, back):
        with Load(self.world) as load:
            for reader in self.world.readers:
                kill(reader)
            killed = time.monotonic()
            until(lambda: self.proxy.get('/ready')[0] == 503, 'not ready')
            time.sleep(max(0, killed + LIMIT - time.monotonic()))
            failing = time.monotonic()
            time.sleep(3)
            status, body = self.proxy.get('/ready')
            for reader in self.world.readers:
                back(reader)
                reader.set()  # it answers
            _, seconds = until(lambda: self.proxy.get('/ready')[0] == 200, lambda: self.proxy.get('/ready')[1])
            searched = time.monotonic()
            time.sleep(1)
        self.assertEqual(status, 503)
        self.assertIn('no reader answers', body)
        self.assertLess(seconds, TAKEN_IN)
        self.assertLess(max(call[1] for call in load.calls), LIMIT)
        while_gone = [found for start, took, found in load.calls if failing < start < failing + 2]
        self.assertGreater(len(while_gone), CLIENTS)
        for found in while_gone:
            self.assertRegex(str(found), 'no reader answers')
        after = [found for start, _, found in load.calls if start > searched]
        self.assertGreater(len(after), 0)
        self.assertEqual([found for found in after if found != self.files], [])

    def assert_no_thread_is_busy(self):
        """As many searches as mishards has threads, at once, take no longer than one."""
        for reader in self.world.readers:
            reader.set(slow={'77': 4})
        clients = [Client(self.proxy.address) for _ in range(50)]
        with ThreadPoolExecutor(len(clients)) as threads:
            answers = list(threads.map(lambda client: client.search(topk=77), clients))
        self.assertEqual([found for _, found in answers if found != self.files], [])
        self.assertLess(max(seconds for seconds, _ in answers), 7.9)

    def test_killed(self):
        self.gone(lambda reader: reader.kill(), lambda reader: reader.start())

    def test_hanging(self):
        self.gone(lambda reader: reader.kill(signal.SIGSTOP), lambda reader: reader.kill(signal.SIGCONT))
        self.assert_no_thread_is_busy()


if __name__ == '__main__':
    unittest.main()
