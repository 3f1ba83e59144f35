"""mishards' own discoveries, which find readers that milvus_proxy asks whether they are there."""
import http.server
import json
import threading
import time
import unittest
from urllib.parse import urlsplit

from world import KIND, Case, Client, Load, until


class Discovery(Case):
    def assert_searches(self, proxy, count=5):
        client = Client(proxy.address)
        self.assertEqual([found for found in [client.search()[1] for _ in range(count)] if found != self.files], [])
        client.channel.close()

    def is_quiet(self, reader, seconds=1):
        before = reader.set()['searches']
        time.sleep(seconds)
        return reader.set()['searches'] == before

    def test_static_with_a_reader_that_is_not_there(self):
        hosts = ','.join([reader.ip for reader in self.world.readers] + ['127.0.0.99'])
        options = {'DISCOVERY_STATIC_HOSTS': hosts, 'DISCOVERY_STATIC_PORT': str(self.world.port)}
        proxy = self.world.add_proxy('static', DISCOVERY_CLASS_NAME='static', **options)
        proxy.until_searched(2)
        self.world.readers[0].kill()
        self.assert_searches(proxy)
        proxy.end()

    @unittest.skipUnless(KIND == 'real', 'the stand-in has no discovery of Kubernetes')
    def test_kubernetes_with_events_that_it_takes_for_a_lost_reader(self):
        first, second = self.world.readers
        with ApiServer([first, second]) as api:
            path = self.world.folder + '/kubeconfig'
            with open(path, 'w') as file:
                json.dump(api.kubeconfig(), file)
            proxy = self.world.add_proxy(
                'kubernetes',
                KUBECONFIG=path,
                DISCOVERY_CLASS_NAME='kubernetes',
                DISCOVERY_KUBERNETES_IN_CLUSTER='false',
                DISCOVERY_KUBERNETES_NAMESPACE='milvus',
                DISCOVERY_KUBERNETES_POD_PATT='r[0-9]',
                DISCOVERY_KUBERNETES_LABEL_SELECTOR='role=reader',
                DISCOVERY_KUBERNETES_PORT=str(self.world.port),
                DISCOVERY_KUBERNETES_POLL_INTERVAL='1',
            )
            proxy.until_searched(2)
            with Load(self.world, proxy=proxy) as load:
                for reader in (first, second):
                    api.tell(reader, 'Unhealthy')  # mishards drops it, though it answers
                    time.sleep(1)
                api.pods = [second]
                until(lambda: self.is_quiet(first), 'it is searched no more')
            self.assert_all_answered(load)
            self.assertIn('Deleting group "%s"' % second.name, proxy.written())
            proxy.end()


class ApiServer(http.server.ThreadingHTTPServer):
    """What the discovery of mishards asks of Kubernetes."""

    daemon_threads = True

    def __init__(self, pods):
        super().__init__(('127.0.0.1', 0), Handler)
        self.pods, self.events, self.changed = pods, [], threading.Condition()

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def kubeconfig(self):
        named = {
            'clusters': {'cluster': {'server': 'http://127.0.0.1:%d' % self.server_port}},
            'contexts': {'context': {'cluster': 'x', 'user': 'x'}},
            'users': {'user': {}},
        }
        return {'current-context': 'x', **{kind: [{'name': 'x', **value}] for kind, value in named.items()}}

    def tell(self, reader, reason):
        number = str(len(self.events) + 1)
        event = {
            'kind': 'Event',
            'apiVersion': 'v1',
            'metadata': {'name': 'e' + number, 'namespace': 'milvus', 'resourceVersion': number},
            'involvedObject': {'kind': 'Pod', 'name': reader.name},
            'reason': reason,
        }
        with self.changed:
            self.events.append({'type': 'ADDED', 'object': event})
            self.changed.notify_all()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        path = urlsplit(self.path).path
        pods = [
            {'metadata': {'name': pod.name}, 'status': {'podIP': pod.ip, 'phase': 'Running'}}
            for pod in self.server.pods
        ]
        if path.endswith('/events'):
            self.watch()
        elif path.endswith('/pods'):
            self.answer({'kind': 'PodList', 'apiVersion': 'v1', 'items': pods})
        else:
            self.answer(next((pod for pod in pods if path.endswith('/' + pod['metadata']['name'])), None))

    def answer(self, found):
        body = json.dumps(found).encode()
        self.send_response(404 if found is None else 200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def watch(self):
        self.send_response(200)
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        told = 0
        while True:
            with self.server.changed:
                self.server.changed.wait_for(lambda: len(self.server.events) > told)
                events = self.server.events[told:]
            for event in events:
                line = json.dumps(event).encode() + b'\n'
                self.wfile.write(b'%x\r\n%s\r\n' % (len(line), line))
            told += len(events)

    def log_message(self, *_):
        pass


if __name__ == '__main__':
    unittest.main()
