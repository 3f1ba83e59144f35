"""A database that restarts, closes connections, hangs and refuses, and what is printed about it."""
import signal
import threading
import time
import unittest

import grpc
from world import CLIENTS, ENCODED, HANGING, LIMIT, PASSWORD, Case, Client, Load, until

BACK = 2 * LIMIT
WRONG = 'wr@ng/w%rd'
# As they are, as in a URI, and as SQLAlchemy and urllib would have them.
CREDENTIALS = [PASSWORD, ENCODED, 'Mi-1_x%40%2FPw w%rd', ENCODED.replace('%20', '+')]
CREDENTIALS += [WRONG, 'wr%40ng%2Fw%25rd', 'wr%40ng%2Fw%rd']


class Database(Case):
    options = {'LOG_LEVEL': 'DEBUG', 'latency': 0}

    def many(self, collection, count=60):
        """What one search after another finds: in as many threads of mishards as there are."""
        client = Client(self.proxy.address)
        found = [client.search(collection)[1] for _ in range(count)]
        client.channel.close()
        return found

    def drop(self, collection):
        self.mariadb.add_collection(collection)
        self.assertEqual(self.many(collection, 1), [self.mariadb.files(collection)])
        for table in ('Tables', 'TableFiles'):
            self.mariadb.sql("DELETE FROM milvus.%s WHERE table_id = '%s'" % (table, collection))
        for found in self.many(collection):
            self.assertRegex(str(found), '^4: .*%s' % collection)

    def is_back(self, load, since):
        """The proxy is ready, and no search that began BACK or more after `since` failed, on any thread of mishards."""

        def all_good():
            last = load.calls[-4 * CLIENTS :]
            return last[0][0] > since and all(found == self.files for _, _, found in last)

        until(all_good, lambda: str(load.calls[-1]))
        until(lambda: self.proxy.get('/ready')[0] == 200, lambda: self.proxy.get('/ready')[1])
        load.__exit__()
        failed = [call for call in load.calls if call[2] != self.files]
        self.assertEqual([call for call in failed if call[0] > since + BACK][:3], [])

    def test_a_search_for_a_dropped_collection_leaves_no_session(self):
        self.drop('dropped')
        count = 'SELECT COUNT(*) FROM information_schema.innodb_trx'
        until(lambda: self.mariadb.sql(count)[0][0] == 0, 'no transaction')
        self.assertIn('Meta url: ', self.proxy.written())  # where mishards prints the password
        self.mariadb.add_collection('new')
        files = self.mariadb.files('new')
        self.assertEqual([found for found in self.many('new') if found != files], [])

    def test_a_restart_after_failed_searches(self):
        self.drop('dropped_before_restart')
        load = self.load()
        self.mariadb.stop()
        until(lambda: self.proxy.get('/ready')[0] == 503, 'not ready')
        self.assertIn('the database', self.proxy.get('/ready')[1])
        time.sleep(1)
        self.mariadb.start()
        self.is_back(load, time.monotonic())

    def test_connections_that_the_server_closes(self):
        self.drop('dropped_before_close')
        with Load(self.world) as load:
            for _ in range(10):
                self.mariadb.sql('KILL USER milvus')
                time.sleep(0.5)
        self.assert_all_answered(load)

    def test_a_server_that_hangs(self):
        load = self.load()
        self.mariadb.process.kill(signal.SIGSTOP)
        until(lambda: self.proxy.get('/ready')[0] == 503, 'not ready')
        self.mariadb.process.kill(signal.SIGCONT)
        self.is_back(load, time.monotonic())

    def test_errors_of_the_database_are_answers(self):
        self.mariadb.sql('RENAME TABLE milvus.TableFiles TO milvus.Elsewhere')
        try:
            found = self.many('c')
        finally:
            self.mariadb.sql('RENAME TABLE milvus.Elsewhere TO milvus.TableFiles')
        for one in found:
            self.assertRegex(str(one), r"^1: .*1146.*Table 'milvus.TableFiles' doesn't exist")
            self.assert_no_credential(str(one))
        self.assertEqual([one for one in self.many('c') if one != self.files], [])

    def test_what_mishards_did_not_expect_is_an_answer_without_a_credential(self):
        from milvus.grpc_gen import milvus_pb2

        client = Client(self.proxy.address)
        with self.assertRaises(grpc.RpcError) as caught:
            client.stub.Search(milvus_pb2.SearchParam(collection_name='c', topk=1), timeout=HANGING)
        self.assert_no_credential(caught.exception.details())
        self.assertIn('Search param loss', self.proxy.written())  # the traceback

    def test_a_wrong_password(self):
        proxy = self.world.add_proxy('wrong_password', MYSQL_PASSWORD=WRONG, LOG_LEVEL='DEBUG')
        until(lambda: 'Access denied' in proxy.get('/ready')[1], lambda: str(proxy.get('/ready')), pause=0.5)
        status, body = proxy.get('/ready')
        self.assertEqual(status, 503)
        self.assert_no_credential(body)
        client = Client(proxy.address)
        _, found = until(lambda: client.search()[1], 'an answer')
        self.assert_no_credential(str(found))
        self.assert_no_credential(proxy.written())
        proxy.end()

    def assert_no_credential(self, text):
        for credential in CREDENTIALS:
            where = text.find(credential)
            self.assertEqual(where, -1, text[max(0, where - 300) : where])

    def tearDown(self):
        super().tearDown()
        self.assert_no_credential(self.proxy.written())


if __name__ == '__main__':
    unittest.main()
