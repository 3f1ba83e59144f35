"""What a client may ask, what the kubelet is told, and what does not start."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from world import ASSETS, KIND, Case, prepared, source, until

ALLOWED = [
    'status',
    'version',
    'mode',
    'get_system_info',
    'build_commit_id',
    'get_config cache.cache_size',
]
REFUSED = [
    'get_config storage.s3_secret_key',
    'get_config storage.s3_access_key',
    'get_config general.meta_uri',
    'get_config *',
    'get_config  *',
    ' get_config *',
    'get_config * ',
    'get_config\t*',
    'get_config *\n',
    '\nget_config *',
    'GET_CONFIG *',
    'Get_Config storage.s3_secret_key',
    'get_config STORAGE.S3_SECRET_KEY',
    'get_config storage.s3_secret_key ',
    'get_config  storage.s3_secret_key',
    'get_config storage.s3_secret_key.',
    'get_config storage..s3_secret_key',
    'get_config .storage.s3_secret_key',
    'get_config storage.s3_secret_key\n',
    'get_config storage.s3_secret_key\0',
    'get_config storage.s3_secret_key status',
    'get_config cache.cache_size storage.s3_secret_key',
    'get_config storage . s3_secret_key',
    'get_config general.meta_uri\r\n',
    'get_config',
    'set_config cache.cache_size 4GB',
    'set_config storage.s3_secret_key x',
    ' set_config cache.cache_size 4GB',
    'SET_CONFIG cache.cache_size 4GB',
    'set_config\ncache.cache_size 4GB',
]


class Commands(Case):
    def test_commands_that_tell_no_secret_are_answered(self):
        for text in ALLOWED:
            with self.subTest(command=text):
                reply = self.proxy.command(text)
                self.assertEqual(reply.status.error_code, 0)
                expected = {'status': 'OK', 'version': '1.1.1'}.get(text, 'reply to ' + text)
                self.assertEqual(reply.string_reply, expected)

    def test_secrets_and_changes_are_refused(self):
        before = self.writable.set()['commands']
        for text in REFUSED:
            with self.subTest(command=text):
                reply = self.proxy.command(text)
                self.assertEqual(reply.status.error_code, 3)  # PERMISSION_DENIED
                self.assertRegex(reply.status.reason, 'refused')
                self.assertEqual(reply.string_reply, '')
        self.assertEqual(self.writable.set()['commands'], before)

    def test_all_lets_all_through(self):
        proxy = self.world.add_proxy('all', MISHARDS_COMMANDS='all')
        proxy.until_searched(2)
        for text in ('get_config *', 'get_config storage.s3_secret_key', 'set_config cache.cache_size 4GB'):
            with self.subTest(command=text):
                self.assertEqual(proxy.command(text).status.error_code, 0)
                self.assertIn(text, self.writable.set()['commands'])
        proxy.end()


class Health(Case):
    def test_a_writable_that_is_gone(self):
        self.writable.kill()
        until(lambda: self.proxy.get('/ready')[0] == 503, 'not ready')
        self.assertIn('the writable', self.proxy.get('/ready')[1])
        self.assertEqual(self.proxy.get('/live')[0], 200)
        self.writable.start()
        until(lambda: self.proxy.get('/ready')[0] == 200, lambda: self.proxy.get('/ready')[1])

    def test_all_is_well(self):
        self.assertEqual(self.proxy.get('/ready'), (200, 'ok\n2 readers are searched\n'))
        self.assertEqual(self.proxy.get('/live')[0], 200)
        self.assertEqual(self.proxy.get('/nothing')[0], 404)


CHANGES = {
    'a method that is missing': ('mishards/service_handler.py', 'def _do_query(', 'def _do_something('),
    'a method with other arguments': ('mishards/service_handler.py', 'def _cmd(self, cmd,', 'def _cmd(self, command,'),
    'a function with other arguments': ('mishards/__init__.py', 'create_app(testing_config', 'create_app(config'),
    'a module that is missing': ('mishards/hash_ring.py', None, None),
    'a module that cannot be loaded': ('mishards/connections.py', 'from mishards import', 'from mishards.other import'),
}


class Start(unittest.TestCase):
    """Of a mishards that is another."""

    def test_it_does_not_start_and_names_the_image(self):
        folder = tempfile.mkdtemp(prefix='world-')
        self.addCleanup(shutil.rmtree, folder)
        started = {}
        for number, (what, (file, old, new)) in enumerate(CHANGES.items()):
            place = '%s/%d' % (folder, number)
            shutil.copytree(source(), place)
            if old is None:
                os.remove(os.path.join(place, file))
            else:
                with open(os.path.join(place, file)) as opened:
                    text = opened.read()
                self.assertIn(old, text)
                with open(os.path.join(place, file), 'w') as opened:
                    opened.write(text.replace(old, new))
            started[what] = self.start(place)
        os.mkdir(folder + '/empty')
        started['no mishards at all'] = self.start(folder + '/empty')
        for what, child in started.items():
            with self.subTest(change=what):
                out, err = child.communicate(timeout=60)
                self.assertEqual((child.returncode, out), (1, ''))
                self.assertEqual(len(err.splitlines()), 1, err)
                self.assertIn('milvusdb/mishards:1.1.1', err)

    def start(self, place):
        libraries = [ASSETS, '%s/%s' % (prepared(), KIND), os.environ.get('MISHARDS_LIBRARIES', '')]
        env = {
            'PATH': os.environ['PATH'],
            'PYTHONPATH': os.pathsep.join(filter(None, libraries)),
            'PYTHONDONTWRITEBYTECODE': '1',
            'SQLALCHEMY_DATABASE_URI': 'mysql+pymysql://milvus:secret@127.0.0.1:1/milvus',
            'WOSERVER': 'tcp://127.0.0.1:1',
            'LOG_PATH': place + '/logs',
        }
        pipe = subprocess.PIPE
        program = [sys.executable, '-m', 'milvus_proxy']
        return subprocess.Popen(program, env=env, cwd=place, stdout=pipe, stderr=pipe, universal_newlines=True)


if __name__ == '__main__':
    unittest.main()
