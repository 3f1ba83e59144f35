"""Readers that go, hang and come back while clients search."""
import signal
import threading
import time
import unittest

from world import HERE, LIMIT, Case, Client, Load, until

TAKEN_IN = 2 * LIMIT / 5


class Readers(Case):
    @property
    def second(self):
        return self.world.readers[1]

    def watch(self, reader, condition):
        return until(lambda: condition(reader.set()), lambda: str(reader.set()))

    def test_a_reader_that_leaves_is_searched_no_more_and_ends_its_searches(self):
        self.second.set(slow={'77': 4})
        client, answers = Client(self.proxy.address), []
        slow = threading.Thread(target=lambda: answers.append(client.search(topk=77)), daemon=True)
        slow.start()
        self.watch(self.second, lambda state: state['running'] > 0)
        with Load(self.world) as load:
            self.second.set(leaving=True)
            time.sleep(TAKEN_IN)
            before = self.second.set()['searches']
            time.sleep(1)
            self.assertEqual(self.second.set()['searches'], before)
            slow.join()
            self.second.set(leaving=False)
            time.sleep(TAKEN_IN)
            self.watch(self.second, lambda state: state['searches'] > before)
        self.assertEqual(answers[0][1], self.files)
        self.assert_all_answered(load)
        self.assertLess(max(call[1] for call in load.calls), LIMIT / 2)  # nobody had to try again
        self.assert_one_line(self.second, 'is out: ')
        self.assert_one_line(self.second, 'is in: ')

    def test_a_leaving_reader_is_searched_when_no_other_is_left(self):
        with Load(self.world) as load:
            for reader in self.world.readers:
                reader.set(leaving=True)
                time.sleep(TAKEN_IN)
        self.assert_all_answered(load)

    def test_a_reader_that_is_removed_between_routing_and_call_costs_no_search(self):
        first, second = self.world.readers
        proxy = self.world.add_proxy('slow', ROUTER_CLASS_NAME='slow', ROUTER_PLUGIN_PATH=HERE + '/slow_router')
        proxy.until_searched(2)
        with Load(self.world, proxy=proxy) as load:
            for found in ([first], [first, second], [second], [first, second]):
                proxy.find(*found)
                time.sleep(1)
        self.assert_all_answered(load)
        proxy.end()

    def test_names_without_an_answer_change_nothing(self):
        with Load(self.world) as load:
            self.proxy.find('!')
            time.sleep(2)
            self.assertIn('2 readers are searched', self.proxy.get('/ready')[1])
            self.proxy.find(*self.world.readers)
        self.assert_all_answered(load)

    def test_an_error_of_one_reader_is_mended_by_the_other(self):
        with Load(self.world) as load:
            self.second.set(error=1)
            time.sleep(2)
            self.second.set(error=0)
        self.assert_all_answered(load)

    def test_a_file_that_was_merged_away_is_routed_again(self):
        for reader in self.world.readers:
            reader.set(error=14, errors=1)
        _, found = Client(self.proxy.address).search()
        self.assertEqual(found, self.files)

    def test_an_error_of_all_readers_is_the_answer(self):
        for reader in self.world.readers:
            reader.set(error=1)
        seconds, found = Client(self.proxy.address).search()
        self.assertEqual(found, '1: an error of the world')
        self.assertLess(seconds, LIMIT)

    def test_a_reader_of_another_version_is_not_searched(self):
        self.second.kill()
        self.second.start(version='0.10.6')
        with Load(self.world) as load:
            self.assert_one_line(self.second, "'0.10.6'")
            time.sleep(1)
            self.assertEqual(self.second.set()['searches'], 0)
        self.assert_all_answered(load)


if __name__ == '__main__':
    unittest.main()
